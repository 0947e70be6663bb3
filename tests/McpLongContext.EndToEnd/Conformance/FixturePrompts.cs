using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.EndToEnd.Conformance;

/// <summary>The prompts that the conformance suite asks for, by its names.</summary>
[McpServerPromptType]
internal sealed class FixturePrompts
{
    [McpServerPrompt(Name = "test_simple_prompt"), Description("A prompt without arguments.")]
    public static string Simple() => "This is a simple prompt for testing.";

    [McpServerPrompt(Name = "test_prompt_with_arguments"), Description("A prompt with two arguments.")]
    public static string WithArguments(
        [Description("The first argument.")] string arg1,
        [Description("The second argument.")] string arg2
    ) => $"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'";

    [McpServerPrompt(Name = "test_prompt_with_embedded_resource"), Description("A prompt with a resource.")]
    public static IEnumerable<PromptMessage> WithResource([Description("Its address.")] string resourceUri) =>
        [
            Message(
                new EmbeddedResourceBlock
                {
                    Resource = new TextResourceContents
                    {
                        Uri = resourceUri,
                        MimeType = "text/plain",
                        Text = "Embedded resource content for testing.",
                    },
                }
            ),
            Message(new TextContentBlock { Text = "Please process the embedded resource above." }),
        ];

    [McpServerPrompt(Name = "test_prompt_with_image"), Description("A prompt with an image.")]
    public static IEnumerable<PromptMessage> WithImage() =>
        [
            Message(ImageContentBlock.FromBytes(FixtureData.Image, "image/png")),
            Message(new TextContentBlock { Text = "Please analyze the image above." }),
        ];

    private static PromptMessage Message(ContentBlock content) => new() { Role = Role.User, Content = content };
}
