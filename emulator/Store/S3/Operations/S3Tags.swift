import XML

/// Tags as documents and as the header writes them.
enum S3Tags {
    static func document(_ tags: [(name: String, value: String)]) -> XMLWriter {
        var xml = XMLWriter()
        xml.element("Tagging", s3Namespace) { xml in
            xml.element("TagSet") { xml in
                for tag in tags {
                    xml.element("Tag") { xml in
                        xml.element("Key", tag.name)
                        xml.element("Value", tag.value)
                    }
                }
            }
        }
        return xml
    }

    static func parse(_ document: XMLElement, limit: Int) throws(S3Error) -> [(name: String, value: String)] {
        guard document.name == "Tagging", let set = document.first("TagSet") else { throw .malformedXML }
        return try parse(set: set, limit: limit)
    }

    /// From an element with a `Tag` for each.
    static func parse(set: XMLElement, limit: Int) throws(S3Error) -> [(name: String, value: String)] {
        var tags: [(name: String, value: String)] = []
        for tag in set.all("Tag") {
            guard let key = tag["Key"], let value = tag["Value"] else { throw .malformedXML }
            tags.append((key, value))
        }
        try check(tags, limit: limit)
        return tags
    }

    /// Reads `a=1&b=2`; in the order of the names.
    static func parse(header: String) throws(S3Error) -> [(name: String, value: String)] {
        let malformed = S3Error.invalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
                + "name duplicates.", name: "x-amz-tagging", value: header)
        var tags: [(name: String, value: String)] = []
        for field in header.replacing("+", with: "%20").split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.exactlyDecode(parts[0]), !name.isEmpty,
                let value = PercentEncoding.exactlyDecode(parts.count > 1 ? parts[1] : "")
            else { throw malformed }
            let isDouble = tags.contains { $0.name.utf8.elementsEqual(name.utf8) }
            guard !isDouble, (name + value).unicodeScalars.allSatisfy(isAllowed) else { throw malformed }
            tags.append((name, value))
        }
        try check(tags, limit: 10)
        return tags.sorted { $0.name.precedes($1.name) }
    }

    private static func check(_ tags: [(name: String, value: String)], limit: Int) throws(S3Error) {
        if tags.count > limit {
            throw limit == 10
                ? S3Error(400, "InvalidTag", "Object tags cannot be greater than 10")
                : S3Error(400, "BadRequest", "Bucket tag count cannot be greater than 50")
        }
        for tag in tags {
            if tag.name.lowercased().hasPrefix("aws:") {
                let message =
                    limit == 10
                    ? "Your TagKey cannot be prefixed with aws:" : "System tags cannot be added/updated by requester"
                throw S3Error(400, "InvalidTag", message, ["TagKey": tag.name])
            }
            guard !tag.name.isEmpty, tag.name.count <= 128, tag.name.unicodeScalars.allSatisfy(isAllowed) else {
                throw S3Error(400, "InvalidTag", "The TagKey you have provided is invalid", ["TagKey": tag.name])
            }
            guard tag.value.count <= 256, tag.value.unicodeScalars.allSatisfy(isAllowed) else {
                throw S3Error(
                    400, "InvalidTag", "The TagValue you have provided is invalid",
                    ["TagKey": tag.name, "TagValue": tag.value])
            }
        }
        var names: Set<[UInt8]> = []
        for tag in tags where !names.insert(Array(tag.name.utf8)).inserted {
            throw S3Error(
                400, "InvalidTag", "Cannot provide multiple Tags with the same key", ["TagKey": tag.name])
        }
    }

    /// Letters, digits and spaces of every script, and `+ - = . _ : / @`.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator, .nonspacingMark,
            .spacingMark:
            true
        default: "+-=._:/@".unicodeScalars.contains(scalar)
        }
    }
}
