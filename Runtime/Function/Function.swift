/// A function: one executable that answers invocations of one kind.
///
/// The type says in code what triggers it, what it may use and what it needs; `main` gives it the three ways to run that
/// PROTOCOL.md describes (`--describe`, one event on standard input, or serving a host). This is a whole function:
///
///     import FunctionRuntime
///
///     @main struct Greet: Function {
///         static let triggers = [Trigger.http(.get, "/greet/{name}")]
///
///         init(_ configuration: Configuration) {}
///
///         func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<Greeting> {
///             .ok(Greeting(text: "Hello, \(try request.parameter("name"))"))
///         }
///     }
///
/// One instance serves many invocations at once, up to `limits.concurrency`; what it stores must be safe to share.
public protocol Function: Sendable {
    /// What the function is called with: ``Request``, ``Message``, ``StoredObject`` or ``Tick``.
    associatedtype Input: Event
    /// What it answers: ``Response`` to a request, ``Done`` to everything else.
    associatedtype Output: Answer

    /// What makes a host call the function; at least one, and all of the kind that `Input` takes.
    static var triggers: [Trigger] { get }
    /// One sentence for descriptions and for the API document.
    static var summary: String { get }
    /// How much of it runs at once and for how long; see ``Limits``.
    static var limits: Limits { get }
    /// The parameters of its requests: those of the path that are more than text, of the query and of the header.
    static var parameters: [any RequestParameterProtocol] { get }
    /// The keys it reads. All are checked before ``init(_:)`` runs, and every problem is reported at once.
    static var environment: [any ConfigurationKeyProtocol] { get }

    /// Opens what the function needs, once, before the first invocation.
    ///
    /// - Throws: what keeps it from serving; the process reports it to the host and exits 1.
    init(_ configuration: Configuration) async throws

    /// Answers one invocation. It runs in a task of its own, which is cancelled when the caller goes away, the deadline
    /// passes or the host drains the process.
    ///
    /// - Throws: ``Failure`` with a code the caller can act on. Any other error is logged with its details and answered
    ///   as ``Failure/Code/internal`` without them.
    func call(_ event: Input, _ context: Context) async throws -> Output

    /// Closes what ``init(_:)`` opened, after the last invocation has been answered.
    func shutdown() async
}

extension Function {
    /// Nothing to say.
    public static var summary: String { "" }
    /// The usual limits.
    public static var limits: Limits { Limits() }
    /// None but the texts of the path.
    public static var parameters: [any RequestParameterProtocol] { [] }
    /// No keys.
    public static var environment: [any ConfigurationKeyProtocol] { [] }
    /// There is nothing to close.
    public func shutdown() async {}

    /// The name of the function: the name of its type, and of its executable.
    package static var name: String { String(describing: Self.self) }
}
