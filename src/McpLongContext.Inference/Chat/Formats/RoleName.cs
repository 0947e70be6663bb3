namespace McpLongContext.Inference.Chat.Formats;

internal static class RoleName
{
    /// <summary>The name of a role as most formats write it.</summary>
    public static string Of(ChatRole role) =>
        role switch
        {
            ChatRole.System => "system",
            ChatRole.User => "user",
            _ => "assistant",
        };
}
