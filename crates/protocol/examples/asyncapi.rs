//! Prints `docs/asyncapi.json`, the document of the sockets.

fn main() {
    let document = protocol::schema::asyncapi(env!("CARGO_PKG_VERSION"), &protocol::schema::components());
    println!("{document:#}");
}
