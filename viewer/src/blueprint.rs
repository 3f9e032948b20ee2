//! How the viewer opens a recording: the scene at the left, events and plots at the right.
//!
//! Rerun keeps an arrangement as a store of its own, in the same file. A user who arranges the views anew keeps theirs.

use re_log_types::{EntityPath, StoreId, StoreKind, TimePoint, Timeline};
use re_sdk_types::AsComponents;
use re_sdk_types::blueprint::archetypes::{
    ContainerBlueprint, EyeControls3D, PanelBlueprint, TimePanelBlueprint, ViewBlueprint, ViewContents,
    ViewportBlueprint,
};
use re_sdk_types::blueprint::components::{ContainerKind, PanelState};
use re_sdk_types::datatypes::Uuid;

use crate::error::RerunError;
use crate::file::{RrdFile, TIMELINE};
use crate::recording::APPLICATION;

/// Views at the right: kind, name, what is in it, and its share of the height.
const COLUMN: [(&str, &str, &str, f32); 4] = [
    ("TextLog", "What happened", "log", 3.0),
    ("TimeSeries", "Moves", "plots/moves", 2.0),
    ("TimeSeries", "Decision (ms)", "plots/decision", 1.5),
    ("TimeSeries", "Hand opening (mm)", "plots/opening", 1.5),
];

/// Where the scene is seen from and what is in the middle, in metres.
const EYE: [[f32; 3]; 2] = [[1.55, -0.85, 0.85], [0.42, 0.0, 0.15]];

/// Writes the arrangement.
pub fn write(file: &mut RrdFile) -> Result<(), RerunError> {
    let store = StoreId::new(StoreKind::Blueprint, APPLICATION, format!("{}-blueprint", file.name()));
    file.begin(&store)?;
    let time = TimePoint::default().with(Timeline::new_sequence("blueprint"), 0);
    let mut put = |path: &str, what: &dyn AsComponents| file.row(&store, &path.into(), &time, what);
    let scene = view(0);
    view_of(&mut put, &scene, ("3D", "Scene", "world"))?;
    let [eye, middle] = EYE;
    let eye = EyeControls3D::new().with_position(eye).with_look_target(middle);
    put(&format!("{scene}/EyeControls3D"), &eye)?;
    for (at, (kind, name, origin, _)) in COLUMN.iter().enumerate() {
        view_of(&mut put, &view(at + 1), (kind, name, origin))?;
    }
    let (root, column) = (id(100), id(101));
    let inside = (1..=COLUMN.len()).map(view);
    let shares = COLUMN.iter().map(|(_, _, _, share)| *share);
    let vertical =
        ContainerBlueprint::new(ContainerKind::Vertical).with_contents(inside).with_row_shares(shares);
    put(&container(column), &vertical)?;
    let horizontal = ContainerBlueprint::new(ContainerKind::Horizontal)
        .with_contents([scene, container(column)])
        .with_col_shares([3.0_f32, 2.0]);
    put(&container(root), &horizontal)?;
    put("viewport", &ViewportBlueprint::new().with_root_container(root))?;
    put("blueprint_panel", &PanelBlueprint::new().with_state(PanelState::Collapsed))?;
    put("selection_panel", &PanelBlueprint::new().with_state(PanelState::Collapsed))?;
    let panel = TimePanelBlueprint::new().with_state(PanelState::Collapsed).with_timeline(TIMELINE);
    put("time_panel", &panel)?;
    file.activate(&store)
}

type Put<'a> = &'a mut dyn FnMut(&str, &dyn AsComponents) -> Result<(), RerunError>;

fn view_of(put: Put<'_>, path: &str, (kind, name, origin): (&str, &str, &str)) -> Result<(), RerunError> {
    put(&format!("{path}/ViewContents"), &ViewContents::new(["$origin/**"]))?;
    let origin = EntityPath::from(origin).to_string();
    put(path, &ViewBlueprint::new(kind).with_display_name(name).with_space_origin(origin))
}

/// An id of one's own for everything that has one.
fn id(number: u128) -> Uuid {
    // Version 4, though nothing is random: the viewer only wants them to differ.
    Uuid::from((0x1509_81d0_0000_4000_8000_0000_0000_0000_u128 | number).to_be_bytes())
}

fn text(id: Uuid) -> String {
    let hex: Vec<String> = <[u8; 16]>::from(id).iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex[from..to].concat();
    [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-")
}

fn view(number: usize) -> String {
    format!("view/{}", text(id(number as u128 + 1)))
}

fn container(id: Uuid) -> String {
    format!("container/{}", text(id))
}
