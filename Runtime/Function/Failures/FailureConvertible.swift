/// An error that knows what a caller should hear of it, so that a function need not catch it everywhere.
public protocol FailureConvertible: Error {
    /// The failure with which the invocation ends; nil when it is a mistake of the service's own, which is logged with its
    /// details and answered as ``Failure/Code/internal`` without them.
    var failure: Failure? { get }
}
