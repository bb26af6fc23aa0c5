use std::{any::Any, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::SockRef;

/// A peer that takes nothing for so long is gone, whatever it says: the kernel drops the connection and what waits in it.
const STALLED: Duration = Duration::from_mins(1);

/// Sets a new connection up, for [`actix_web::HttpServer::on_connect`]: small frames leave at once, and a peer that has stopped reading does not hold
/// its connection for ever (nothing in the HTTP library would end it).
pub(crate) fn tune(connection: &dyn Any, _: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else {
        return;
    };
    let tuned = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tuned = tuned.and_then(|()| SockRef::from(stream).set_tcp_user_timeout(Some(STALLED)));
    if let Err(error) = tuned {
        tracing::debug!(error = %error, "a connection could not be set up; it closed meanwhile");
    }
}
