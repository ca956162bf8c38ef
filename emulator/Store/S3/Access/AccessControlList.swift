import NIOHTTP1
import XML

/// Who may do what with a bucket or an object, besides its owner
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html).
///
/// Kept as one line a grant: `user alice READ`, `group AllUsers READ`.
struct AccessControlList: Sendable, Equatable {
    enum Grantee: Hashable, Sendable {
        case user(String)
        /// `AllUsers`, `AuthenticatedUsers` or `LogDelivery`.
        case group(String)

        var isPublic: Bool { self == .group("AllUsers") || self == .group("AuthenticatedUsers") }
    }

    struct Grant: Hashable, Sendable {
        let grantee: Grantee
        let permission: String
    }

    static let permissions: Set<String> = ["FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"]
    private static let groupPrefixes = [
        "http://acs.amazonaws.com/groups/global/", "http://acs.amazonaws.com/groups/s3/",
    ]

    private static let grantHeaders = [
        (name: "x-amz-grant-read", permission: "READ"), (name: "x-amz-grant-write", permission: "WRITE"),
        (name: "x-amz-grant-read-acp", permission: "READ_ACP"),
        (name: "x-amz-grant-write-acp", permission: "WRITE_ACP"),
        (name: "x-amz-grant-full-control", permission: "FULL_CONTROL"),
    ]

    var grants: [Grant]

    /// From its field; an owner alone where there is none.
    init(field: String?, owner: String) {
        guard let field else {
            grants = [Grant(grantee: .user(owner), permission: "FULL_CONTROL")]
            return
        }
        grants = field.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 3 else { return nil }
            let name = String(parts[1])
            return Grant(
                grantee: parts[0] == "user" ? .user(name) : .group(name), permission: String(parts[2]))
        }
    }

    var field: String {
        grants.map { grant in
            switch grant.grantee {
            case .user(let id): "user \(id) \(grant.permission)"
            case .group(let name): "group \(name) \(grant.permission)"
            }
        }.joined(separator: "\n")
    }

    var isPublic: Bool { grants.contains { $0.grantee.isPublic } }

    /// Whether nobody but one user has a right.
    func isOnly(_ owner: String) -> Bool {
        grants.allSatisfy { $0.grantee == .user(owner) && $0.permission == "FULL_CONTROL" }
    }

    func allows(_ permission: String, to user: StoreUser?, ignoringPublic: Bool) -> Bool {
        grants.contains { grant in
            guard grant.permission == permission || grant.permission == "FULL_CONTROL" else { return false }
            return switch grant.grantee {
            case .user(let id): id == user?.id
            case .group("AllUsers"): !ignoringPublic
            case .group("AuthenticatedUsers"): user != nil && !ignoringPublic
            case .group: false
            }
        }
    }

    // MARK: What clients write

    /// From `x-amz-acl` or `x-amz-grant-…`; nil where a request has neither.
    init?(_ request: HTTPRequest, owner: String, bucketOwner: String, users: [StoreUser]) throws(S3Error) {
        let full = Grant(grantee: .user(owner), permission: "FULL_CONTROL")
        if let canned = request.header("x-amz-acl") {
            if Self.grantHeaders.contains(where: { request.headers.contains(name: $0.name) }) {
                throw .invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
            }
            grants = [full] + (try Self.canned(canned, bucketOwner: bucketOwner))
            grants = grants.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
            return
        }
        grants = []
        for (name, permission) in Self.grantHeaders {
            for item in (request.header(name) ?? "").split(separator: ",") {
                let parts = String(item).trimmingSpaces.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw .invalidArgument("Argument format not recognized", name: name, value: String(item))
                }
                let value = parts[1].filter { $0 != "\"" }
                let grantee =
                    switch parts[0].lowercased() {
                    case "id": try Self.user(id: value, users)
                    case "emailaddress": try Self.user(email: value, users)
                    case "uri": try Self.group(value)
                    default:
                        throw S3Error.invalidArgument("Argument format not recognized", name: name, value: String(item))
                    }
                grants.append(Grant(grantee: grantee, permission: permission))
            }
        }
        if grants.isEmpty { return nil }
    }

    private static func canned(_ name: String, bucketOwner: String) throws(S3Error) -> [Grant] {
        func all(_ permission: String) -> Grant { Grant(grantee: .group("AllUsers"), permission: permission) }
        switch name {
        case "private": return []
        case "public-read": return [all("READ")]
        case "public-read-write": return [all("READ"), all("WRITE")]
        case "authenticated-read": return [Grant(grantee: .group("AuthenticatedUsers"), permission: "READ")]
        case "bucket-owner-read": return [Grant(grantee: .user(bucketOwner), permission: "READ")]
        case "bucket-owner-full-control": return [Grant(grantee: .user(bucketOwner), permission: "FULL_CONTROL")]
        case "log-delivery-write":
            return ["WRITE", "READ_ACP"].map { Grant(grantee: .group("LogDelivery"), permission: $0) }
        default: throw .invalidArgument("", name: "x-amz-acl", value: name)
        }
    }

    /// From an `AccessControlPolicy` document.
    init(_ document: XMLElement, users: [StoreUser]) throws(S3Error) {
        guard document.name == "AccessControlPolicy", let list = document.first("AccessControlList") else {
            throw S3Error(
                400, "MalformedACLError",
                "The XML you provided was not well-formed or did not validate against our published schema")
        }
        grants = []
        for grant in list.all("Grant") {
            guard let permission = grant["Permission"], Self.permissions.contains(permission),
                let grantee = grant.first("Grantee")
            else {
                throw S3Error(
                    400, "MalformedACLError",
                    "The XML you provided was not well-formed or did not validate against our published schema")
            }
            let who: Grantee
            if let id = grantee["ID"] {
                who = try Self.user(id: id, users)
            } else if let email = grantee["EmailAddress"] {
                who = try Self.user(email: email, users)
            } else if let uri = grantee["URI"] {
                who = try Self.group(uri)
            } else {
                throw .malformedXML
            }
            grants.append(Grant(grantee: who, permission: permission))
        }
    }

    private static func user(id: String, _ users: [StoreUser]) throws(S3Error) -> Grantee {
        guard users.contains(where: { $0.id == id }) else {
            throw .invalidArgument("Invalid id", name: "CanonicalUser/ID", value: id)
        }
        return .user(id)
    }

    private static func user(email: String, _ users: [StoreUser]) throws(S3Error) -> Grantee {
        guard let user = users.first(where: { $0.email.lowercased() == email.lowercased() }) else {
            throw S3Error(
                400, "UnresolvableGrantByEmailAddress",
                "The e-mail address you provided does not match any account on record.", ["EmailAddress": email])
        }
        return .user(user.id)
    }

    private static func group(_ uri: String) throws(S3Error) -> Grantee {
        for prefix in groupPrefixes where uri.hasPrefix(prefix) {
            let name = String(uri.dropFirst(prefix.count))
            if ["AllUsers", "AuthenticatedUsers", "LogDelivery"].contains(name) { return .group(name) }
        }
        throw .invalidArgument("Invalid group uri", name: "Group/URI", value: uri)
    }

    // MARK: What clients read

    func document(owner: String, call: S3Call) -> XMLWriter {
        var xml = XMLWriter()
        xml.element("AccessControlPolicy", s3Namespace) { xml in
            call.writeOwner(&xml, owner)
            xml.element("AccessControlList") { xml in
                // What concerns many stands before what concerns one.
                let groups = grants.filter { if case .group = $0.grantee { true } else { false } }
                for grant in groups + grants.filter({ !groups.contains($0) }) {
                    xml.element("Grant") { xml in
                        write(grant.grantee, call, &xml)
                        xml.element("Permission", grant.permission)
                    }
                }
            }
        }
        return xml
    }

    private func write(_ grantee: Grantee, _ call: S3Call, _ xml: inout XMLWriter) {
        let namespace = "http://www.w3.org/2001/XMLSchema-instance"
        switch grantee {
        case .user(let id):
            xml.element("Grantee", ["xmlns:xsi": namespace, "xsi:type": "CanonicalUser"]) { xml in
                xml.element("ID", id)
                xml.element("DisplayName", call.owner(id).name)
            }
        case .group(let name):
            xml.element("Grantee", ["xmlns:xsi": namespace, "xsi:type": "Group"]) { xml in
                xml.element("URI", Self.groupPrefixes[name == "LogDelivery" ? 1 : 0] + name)
            }
        }
    }
}
