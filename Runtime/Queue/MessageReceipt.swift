/// Proves that its holder was the last one to take a message.
package struct MessageReceipt: Sendable, Hashable {
    /// Where the message stood when the receipt was made: `d:<when it is due>`, or `<stream>:<entry>`. Only a hint, which
    /// saves looking through the whole queue.
    package let place: String
    /// Known to nobody but whoever took the message.
    package let nonce: String

    package init(place: String, nonce: String) {
        (self.place, self.nonce) = (place, nonce)
    }
}

/// Why a receipt does not count.
package enum ReceiptError: Error, Hashable {
    /// There is no message of that id.
    case noSuchMessage
    /// Somebody took the message later.
    case otherReceipt
}
