using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;

namespace McpLongContext.Context.Tests.Ingestion;

public sealed class SkippedFilesTests
{
    [Fact]
    public void The_first_files_of_each_reason_are_kept_however_many_there_are()
    {
        IReadOnlyList<SkippedFile> kept = [];
        for (var batch = 0; batch < 20; batch++)
        {
            kept = SkippedFiles.Append(
                kept,
                [.. Enumerable.Range(0, 100).Select(i => new SkippedFile($"{batch}/{i}.png", "an image"))]
            );
        }

        kept = SkippedFiles.Append(kept, [new SkippedFile("locked.txt", "it may not be read")]);

        Assert.Equal(SkippedFiles.KeptPerReason, kept.Count(file => file.Reason == "an image"));
        Assert.Equal("0/0.png", kept[0].Path);
        Assert.Equal("locked.txt", kept[^1].Path);
    }

    [Fact]
    public void Reasons_without_end_are_bounded_too()
    {
        var links = Enumerable.Range(0, 2 * SkippedFiles.Kept).Select(i => new SkippedFile($"{i}", $"a link to {i}"));

        Assert.Equal(SkippedFiles.Kept, SkippedFiles.Append([], [.. links]).Count);
    }
}
