//! A store that speaks S3, on this machine: a real one, which checks the signature of every request.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::path::PathBuf;
use tokio::sync::oneshot;

pub const S3_KEY_ID: &str = "tow-in-a-test";
pub const S3_KEY: &str = "0f6b1d7a93c84e25b7f0a1c2d3e4f596";
/// Of every bucket here; what is not ours lies beside the prefix.
pub const S3_BUCKET: &str = "files";
pub const S3_PREFIX: &str = "halden";

pub struct Bucket {
    pub endpoint: String,
    folder: tempfile::TempDir,
    /// None once it has gone away.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Bucket {
    pub fn new() -> Bucket {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(S3_BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(S3_KEY_ID, S3_KEY));
        let service = service.build();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (stop, mut stopped) = oneshot::channel();
        let serving = async move {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let stream = tokio::select! {
                    _ = &mut stopped => return,
                    taken = listener.accept() => taken.unwrap().0,
                };
                let service = service.clone();
                tokio::spawn(async move {
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::spawn(move || runtime.block_on(serving));
        Bucket { endpoint, folder, stop: Some(stop), thread: Some(thread) }
    }

    /// What a server is told to use it.
    pub fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("TOW_UPLOADS__UPLOAD_STORE", "s3"),
            ("TOW_UPLOADS__S3_ENDPOINT", &self.endpoint),
            ("TOW_UPLOADS__S3_BUCKET", S3_BUCKET),
            ("TOW_UPLOADS__S3_PREFIX", S3_PREFIX),
            ("S3_ACCESS_KEY_ID", S3_KEY_ID),
            ("S3_SECRET_ACCESS_KEY", S3_KEY),
        ]
    }

    /// Names in it, without what the server keeps beside them and without what a check of health writes.
    pub fn names(&self) -> Vec<String> {
        let root: PathBuf = self.folder.path().join(S3_BUCKET);
        let entries = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_file());
        let names = files.map(|entry| entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned());
        names.filter(|name| !name.ends_with("/probe")).collect()
    }

    /// Where content lies, to put some there without asking.
    pub fn folder_of_content(&self) -> PathBuf {
        self.folder.path().join(S3_BUCKET).join(S3_PREFIX)
    }

    /// From now on nobody answers, and open connections break.
    pub fn go_away(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.go_away();
    }
}
