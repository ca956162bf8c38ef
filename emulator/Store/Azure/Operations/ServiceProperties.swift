import NIOCore
import NIOHTTP1
import XML

extension AzureCall {
    func getServiceProperties() throws -> HTTPReply {
        if let text = try store.read({ try $0.setting(service.settingName(address.account)) }) {
            var properties = try XMLElement(parsing: text.utf8)
            if properties.first("Cors") == nil { properties.children.append(XMLElement("Cors")) }
            let answer = ByteBuffer(string: Self.text(properties))
            return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(answer))
        }
        var xml = XMLWriter()
        xml.element("StorageServiceProperties") { xml in
            xml.element("Logging") { xml in
                xml.element("Version", "1.0")
                for name in ["Read", "Write", "Delete"] { xml.element(name, "false") }
                xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
            }
            for name in ["HourMetrics", "MinuteMetrics"] {
                xml.element(name) { xml in
                    xml.element("Version", "1.0")
                    xml.element("Enabled", "false")
                    xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
                }
            }
            xml.element("Cors")
            if service == .queue { return }
            xml.element("DefaultServiceVersion", "2021-12-02")
            xml.element("DeleteRetentionPolicy") { $0.element("Enabled", "false") }
            xml.element("StaticWebsite") { $0.element("Enabled", "false") }
        }
        return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(bytes: xml.bytes)))
    }

    /// What a client leaves out stays as it was.
    func setServiceProperties() async throws -> HTTPReply {
        let given = try await document(limit: 256 << 10)
        guard given.name == "StorageServiceProperties" else { throw AzureError.invalidXML }
        try Self.checkRetention(given)
        guard case .bytes(let current) = try getServiceProperties().body else { throw AzureError.internalError }
        var merged = try XMLElement(parsing: current.readableBytesView)
        for child in given.children {
            if let index = merged.children.firstIndex(where: { $0.name == child.name }) {
                merged.children[index] = child
            } else {
                merged.children.append(child)
            }
        }
        _ = try AzureCORS.rules(merged)
        let (name, final, givesRules) = (service.settingName(address.account), merged, given.first("Cors") != nil)
        try await store.write { transaction in
            // Rules that nobody ever gave are not kept: until somebody does, every origin is welcome.
            var kept = final
            let had = try transaction.setting(name).flatMap { try XMLElement(parsing: $0.utf8).first("Cors") }
            if !givesRules, had == nil { kept.children.removeAll { $0.name == "Cors" } }
            try transaction.set(name, Self.text(kept))
        }
        return HTTPReply(202)
    }

    /// What is kept for a time is kept for 1 to 365 days.
    private static func checkRetention(_ element: XMLElement) throws(AzureError) {
        for child in element.children {
            if child.name.hasSuffix("RetentionPolicy"), child["Enabled"] == "true",
                Int(child["Days"] ?? "").map((1...365).contains) != true
            {
                throw .invalidXML
            }
            try checkRetention(child)
        }
    }

    private static func text(_ root: XMLElement) -> String {
        func write(_ element: XMLElement, _ xml: inout XMLWriter) {
            xml.element(element.name) { xml in
                if element.children.isEmpty { xml.text(element.text) }
                for child in element.children { write(child, &xml) }
            }
        }
        var xml = XMLWriter()
        write(root, &xml)
        return String(decoding: xml.bytes, as: UTF8.self)
    }

    func getServiceStats() -> HTTPReply {
        var xml = XMLWriter()
        xml.element("StorageServiceStats") { xml in
            xml.element("GeoReplication") { xml in
                xml.element("Status", "live")
                xml.element("LastSyncTime", HTTPDate.rfc1123(Clock.milliseconds()))
            }
        }
        return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(bytes: xml.bytes)))
    }

    func getAccountInfo() -> HTTPReply {
        HTTPReply(
            200,
            [
                "x-ms-sku-name": "Standard_RAGRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false",
            ])
    }
}
