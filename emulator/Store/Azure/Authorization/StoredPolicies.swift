import NIOCore
import XML

/// The stored access policies of a container or a queue
/// (https://learn.microsoft.com/rest/api/storageservices/define-stored-access-policy).
struct StoredPolicies {
    /// Ids with `start|expiry|permissions`; what a policy leaves open is empty.
    let list: [(name: String, value: String)]

    init(list: [(name: String, value: String)]) { self.list = list }

    /// - Parameter permissions: the letters there are; nil: any.
    /// - Throws: 400 `InvalidXmlDocument` where the document is none of these policies.
    init(_ document: XMLElement, permissions: String?) throws(AzureError) {
        guard document.name == "SignedIdentifiers" else { throw .invalidXML }
        var policies: [(name: String, value: String)] = []
        for identifier in document.all("SignedIdentifier") {
            guard let id = identifier["Id"], (1...64).contains(id.count) else { throw .invalidXML }
            let policy = identifier.first("AccessPolicy")
            let times = [policy?["Start"] ?? "", policy?["Expiry"] ?? ""]
            let granted = policy?["Permission"] ?? ""
            guard times.allSatisfy({ $0.isEmpty || HTTPDate.parseISO8601($0) != nil }),
                permissions == nil || granted.allSatisfy({ permissions?.contains($0) == true })
            else { throw .invalidXML }
            policies.append((id, (times + [granted]).joined(separator: "|")))
        }
        if policies.count > 5 { throw .invalidXML }
        list = policies
    }

    /// As the service answers them.
    var document: HTTPReply {
        var xml = XMLWriter()
        xml.element("SignedIdentifiers") { xml in
            for (id, policy) in list {
                let parts = policy.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                xml.element("SignedIdentifier") { xml in
                    xml.element("Id", id)
                    if parts.allSatisfy(\.isEmpty) { return }
                    xml.element("AccessPolicy") { xml in
                        for (name, value) in zip(["Start", "Expiry", "Permission"], parts) where !value.isEmpty {
                            xml.element(name, value)
                        }
                    }
                }
            }
        }
        return AzureCall.document(xml)
    }
}
