/// A pool at one moment, for dashboards.
package struct PoolStatus: Sendable, Hashable {
    package struct Instance: Sendable, Hashable {
        /// `CreateJob-1`
        package var name: String
        package var processIdentifier: Int32?
        package var build: String?
        /// starting, ready, retiring or ending
        package var phase: String
        package var inFlight: Int
        package var concurrency: Int
        /// Bytes, where the system tells.
        package var residentMemory: Int?
    }

    package var function: String
    /// The executable that serves.
    package var path: String
    package var instances: [Instance]
    package var waiting: Int
    /// Crashes since the pool began.
    package var restarts: Int
    /// Why the function does not start; nil while it does.
    package var startFailure: String?
}
