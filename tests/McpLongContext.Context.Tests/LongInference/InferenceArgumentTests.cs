using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Layers;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.LongInference;

/// <summary>A request that cannot be met is named, with the remedy.</summary>
public sealed class InferenceArgumentTests : StoriesInference
{
    [Theory]
    [InlineData("window: 31 is out of range; use 32 to 256", 31, null, null)]
    [InlineData("window: 257 is out of range; use 32 to 256", 257, null, null)]
    [InlineData("window: -1 is out of range", -1, null, null)]
    [InlineData("overlap: 0.8 is out of range; use 0 to 0.75", null, 0.8, null)]
    [InlineData("overlap: -0.1 is out of range", null, -0.1, null)]
    [InlineData("overlap: NaN is out of range", null, double.NaN, null)]
    [InlineData("max_new_tokens: 0 is out of range", null, null, 0)]
    [InlineData("max_new_tokens: 100001 is out of range", null, null, 100_001)]
    [InlineData("max_new_tokens: 256 written tokens", null, null, 256)]
    public async Task A_number_out_of_range_is_named_with_the_remedy(
        string expected,
        int? window,
        double? overlap,
        int? newTokens
    )
    {
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            InferAsync(
                new LongInferenceRequest
                {
                    Text = "Once upon a time",
                    Mode = InferenceMode.Generate,
                    Window = window,
                    Overlap = overlap,
                    MaxNewTokens = newTokens,
                    Model = Model,
                }
            )
        );

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_go_together_is_named()
    {
        var text = new LongInferenceRequest { Text = "Once upon a time", Model = Model };
        await AssertNamesAsync("text: missing", text with { Text = null });
        await AssertNamesAsync("text: it is empty", text with { Text = " " });
        await AssertNamesAsync("text, document", text with { Document = "a.txt" });
        await AssertNamesAsync("path_glob", text with { PathGlob = "*.txt" });
        await AssertNamesAsync("instruction: missing", text with { Mode = InferenceMode.Map });
        await AssertNamesAsync("instruction: only", text with { Instruction = "Sum up." });
        await AssertNamesAsync("max_new_tokens", text with { MaxNewTokens = 5 });
        await AssertNamesAsync("max_windows", text with { MaxWindows = 0 });
        await AssertNamesAsync(
            "mode: map needs a chat model",
            text with
            {
                Mode = InferenceMode.Map,
                Instruction = "Sum up.",
            }
        );
        await AssertNamesAsync("model: 'nothing' is not installed", text with { Model = "nothing" });
        await AssertNamesAsync("cursor: not one", text with { Cursor = "zz" });
        var page = await InferAsync(Score(Golden.Text, 32, 0) with { MaxWindows = 1 });
        await AssertNamesAsync("cursor: it belongs to another", text with { Cursor = page.NextCursor });
    }

    [Fact]
    public async Task Without_aModelFolder_one_line_says_how_to_get_one()
    {
        await using var service = new LongContextService(
            Options(Precision.Int8) with
            {
                Models = Folder["none"],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            service.InferAsync(new LongInferenceRequest { Text = "Once" }, progress: null, Cancellation)
        );

        Assert.Contains("models install tinyllama-chat", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private async Task AssertNamesAsync(string expected, LongInferenceRequest request)
    {
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(request));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }
}
