/// Ends a connection on purpose; a server's responder that throws has its connection closed.
struct ConnectionDropped: Error {}
