using System.CommandLine;

namespace McpLongContext.Server.Commands;

/// <summary>Options of the commands that use a bit model.</summary>
internal static class BitOptions
{
    /// <summary>The ending of compressed files.</summary>
    public const string Ending = ".mlcb";

    public static Option<string?> Model() =>
        new("--model") { Description = "An installed bit model.", HelpName = "MODEL" };

    public static Option<string?> Output(string otherwise) =>
        new("--out", "-o") { Description = $"The file to write; left out, {otherwise}.", HelpName = "FILE" };

    public static Option<bool> Force() => new("--force") { Description = "Replace the file that is written." };
}
