//! A TCP proxy whose connections can be slowed down, cut, and left half open.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinSet,
};

use crate::Failure;

/// What happens to the bytes of all connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// They are passed on at once.
    #[default]
    Open,
    /// They are passed on after this time.
    Delayed(Duration),
    /// New connections are accepted, nothing comes back from the server, and when that ends these connections are cut: what was lost cannot be made good.
    HalfOpen,
    /// New connections are closed at once.
    Closed,
}

#[derive(Clone, Copy, Debug, Default)]
struct Setting {
    mode: Mode,
    /// Connections that were made under a lower number are cut.
    generation: u64,
}

/// A proxy that listens on a free port of this machine, in front of another port. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    setting: watch::Sender<Setting>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy in front of this port of this machine.
    pub async fn start(target: u16) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (setting, watched) = watch::channel(Setting::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, watched));
        Ok(Self {
            address,
            setting,
            _tasks: tasks,
        })
    }

    /// The port that it listens on.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, this happens to the bytes.
    pub fn set(&self, mode: Mode) {
        self.setting.send_modify(|setting| {
            // What was swallowed cannot be made good.
            if setting.mode == Mode::HalfOpen {
                setting.generation += 1;
            }
            setting.mode = mode;
        });
    }

    /// Ends all connections.
    pub fn cut(&self) {
        self.setting.send_modify(|setting| setting.generation += 1);
    }
}

async fn accept(listener: TcpListener, target: u16, mut setting: watch::Receiver<Setting>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if setting.borrow_and_update().mode != Mode::Closed {
                    connections.spawn(connection(client, target, setting.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Carries one connection until either side, or the proxy, ends it.
async fn connection(client: TcpStream, target: u16, setting: watch::Receiver<Setting>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    for stream in [&client, &server] {
        // Only makes delays smaller.
        let _ = stream.set_nodelay(true);
    }
    let generation = setting.borrow().generation;
    let cut = async {
        let mut setting = setting.clone();
        let _ = setting.wait_for(|setting| setting.generation > generation).await;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = cut => {}
        () = carry(from_client, to_server, setting.clone(), false) => {}
        () = carry(from_server, to_client, setting.clone(), true) => {}
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, mut setting: watch::Receiver<Setting>, is_answer: bool) {
    let mut chunk = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let mode = setting.borrow_and_update().mode;
        match mode {
            Mode::Delayed(delay) => tokio::time::sleep(delay).await,
            Mode::HalfOpen if is_answer => continue,
            _ => {}
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that returns what it receives, behind a proxy, and a connection to it.
    async fn echo() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap().port()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        let client = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        (proxy, client)
    }

    async fn comes_back(client: &mut TcpStream) -> bool {
        let mut byte = [0];
        client.write_all(b"a").await.is_ok() && matches!(client.read(&mut byte).await, Ok(1))
    }

    #[tokio::test]
    async fn bytes_pass_until_the_connection_is_cut_and_a_new_one_works() {
        let (proxy, mut client) = echo().await;
        assert!(comes_back(&mut client).await);
        proxy.cut();
        assert!(!comes_back(&mut client).await);
        let mut again = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        assert!(comes_back(&mut again).await);
    }

    #[tokio::test]
    async fn a_half_open_connection_answers_nothing_and_is_cut_in_the_end() {
        let (proxy, mut client) = echo().await;
        proxy.set(Mode::HalfOpen);
        client.write_all(b"a").await.unwrap();
        let mut byte = [0];
        assert!(
            tokio::time::timeout(Duration::from_millis(100), client.read(&mut byte))
                .await
                .is_err(),
            "nothing comes"
        );
        proxy.set(Mode::Open);
        assert!(!matches!(client.read(&mut byte).await, Ok(1..)), "it ends");
    }

    #[tokio::test]
    async fn a_closed_proxy_ends_new_connections() {
        let (proxy, _client) = echo().await;
        proxy.set(Mode::Closed);
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        assert!(!comes_back(&mut client).await);
    }
}
