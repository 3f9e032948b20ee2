//! The streams of a world's process, each read on a thread of its own, so that neither silence nor chatter blocks.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much of a complaint is kept: its end.
const MAX_COMPLAINT: usize = 4096;

/// How long the end of a stream is waited for after its process has ended.
const GRACE: Duration = Duration::from_secs(1);

/// Pieces of output that wait to be read.
const MAX_WAITING: usize = 16;

/// What a world says; an error when it says nothing for too long.
pub(super) struct Lines {
    pieces: Receiver<io::Result<Vec<u8>>>,
    patience: Duration,
    piece: Vec<u8>,
    at: usize,
}

impl Lines {
    /// Listens to a stream. The thread ends with the stream, or with this value at the next piece.
    pub fn listen(stream: impl Read + Send + 'static, patience: Duration) -> Lines {
        let (sender, pieces) = sync_channel(MAX_WAITING);
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            loop {
                let piece = stream.fill_buf().map(<[u8]>::to_vec);
                let n = piece.as_ref().map_or(0, Vec::len);
                if sender.send(piece).is_err() || n == 0 {
                    break;
                }
                stream.consume(n);
            }
        });
        Lines { pieces, patience, piece: Vec::new(), at: 0 }
    }
}

impl BufRead for Lines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.piece.len() {
            self.at = 0;
            self.piece = match self.pieces.recv_timeout(self.patience) {
                Ok(piece) => piece?,
                Err(RecvTimeoutError::Disconnected) => Vec::new(),
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = self.patience.as_secs_f64();
                    let message = format!("it said nothing for {seconds} s");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
            };
        }
        Ok(&self.piece[self.at..])
    }

    fn consume(&mut self, n: usize) {
        self.at += n;
    }
}

impl Read for Lines {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(into)?;
        self.consume(n);
        Ok(n)
    }
}

/// The end of what a world writes beside its answers.
pub(super) struct Complaint {
    end: Arc<Mutex<Vec<u8>>>,
    /// Hears nothing, and is closed when the stream has ended.
    ended: Receiver<()>,
}

impl Complaint {
    /// Reads a stream to its end and keeps the last of it.
    pub fn listen(mut stream: impl Read + Send + 'static) -> Complaint {
        let end = Arc::new(Mutex::new(Vec::new()));
        let kept = end.clone();
        let (sender, ended) = channel();
        thread::spawn(move || {
            let _open: std::sync::mpsc::Sender<()> = sender;
            let mut piece = [0; MAX_COMPLAINT];
            while let Ok(n @ 1..) = stream.read(&mut piece) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&piece[..n]);
                let surplus = kept.len().saturating_sub(MAX_COMPLAINT);
                kept.drain(..surplus);
            }
        });
        Complaint { end, ended }
    }

    /// The complaint of a process that has ended.
    pub fn text(&self) -> String {
        // What the process started itself may hold the stream open longer than is of interest.
        let _ = self.ended.recv_timeout(GRACE);
        String::from_utf8_lossy(&self.end.lock().unwrap_or_else(PoisonError::into_inner)).trim().to_string()
    }
}
