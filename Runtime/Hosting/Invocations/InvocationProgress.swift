/// A function's word on how far it is.
package struct InvocationProgress: Sendable, Hashable {
    /// 0 to 1 where the function knows.
    package var value: Double?
    package var message: String?

    package init(value: Double? = nil, message: String? = nil) {
        self.value = value
        self.message = message
    }
}
