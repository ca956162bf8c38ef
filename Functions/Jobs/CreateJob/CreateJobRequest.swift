import Domain
import FoundationEssentials
import FunctionRuntime
import JSON

/// What a client asks for.
struct CreateJobRequest: Codable, Sendable {
    /// What the picture should show.
    var prompt: String
    var workflowId: String?
    /// The model's own inputs.
    var parameters: JSON?
    var priority: JobPriority?
    /// A picture to draw from that was uploaded, or announced, before.
    var imageId: UUID?
    /// Whether the answer is to say where a picture to draw from can be uploaded.
    var upload: Bool?
    /// With `upload`: the media type and size of the picture that will come.
    var contentType: String?
    var size: Int64?

    /// - Throws: `Failure.invalid` that names every field that is wrong.
    func job(idempotencyKey: String?) throws -> NewJob {
        var members = JSONObject()
        if let parameters, parameters != .null {
            guard let object = parameters.object else {
                throw Failure.invalid("must be an object, not \(parameters.kind)", field: "parameters")
            }
            members = object
        }
        if upload == true, imageId != nil {
            throw Failure.invalid("must not be there together with upload", field: "imageId")
        }
        return try NewJob(
            prompt: prompt, parameters: members, workflowID: workflowId, priority: priority ?? .normal,
            imageID: imageId,
            idempotencyKey: idempotencyKey, awaitsUpload: upload == true)
    }

    /// The picture that will be uploaded, when one is announced.
    func announcedUpload(user: UUID) throws -> NewUpload? {
        guard upload == true else {
            let stray = [("contentType", contentType != nil), ("size", size != nil)].filter(\.1).map {
                FieldError($0.0, "announces a picture, and belongs together with \"upload\": true")
            }
            if !stray.isEmpty { throw Failure.invalid(stray) }
            return nil
        }
        return try NewUpload(contentType: contentType, size: size, filename: nil, user: user)
    }
}
