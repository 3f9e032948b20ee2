//! How values become boolean features, and how these read in the user's own units.
//!
//! [`Encoder`] turns the columns of a table into thresholds, labels and words; [`Pixels`] turns images into planes of
//! bits. Both are part of a model, describe each feature in words, and encode new data as they did the old.

mod cuts;
mod encoder;
mod labels;
mod phrase;
mod pixels;
mod words;

pub use cuts::Binning;
pub use encoder::{Encoder, EncoderOptions};
pub use phrase::Reading;
pub use pixels::{Images, Neighbors, PixelOptions, Pixels, Surroundings};
