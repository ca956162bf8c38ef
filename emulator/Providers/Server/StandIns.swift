/// Every stand-in, in the order in which they are named to people.
enum StandIns {
    static func all(_ state: StandInState) -> [any StandIn] {
        [
            ReplicateStandIn(state: state), FalStandIn(state: state), HuggingFaceStandIn(state: state),
            OpenAIStandIn(state: state),
            GeminiStandIn(state: state),
            ComfyUIStandIn(state: state), Automatic1111StandIn(state: state), StableDiffusionCppStandIn(state: state),
        ]
    }
}
