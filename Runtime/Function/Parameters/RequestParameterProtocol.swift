/// A ``RequestParameter`` of any type, as ``Function/parameters`` lists them.
public protocol RequestParameterProtocol: Sendable {
    /// Where the request has it.
    var place: RequestParameterPlace { get }
    /// Its name, as a client writes it.
    var name: String { get }
    /// What it means, for the API document.
    var summary: String { get }
    /// What fits.
    var schema: Schema { get }
}
