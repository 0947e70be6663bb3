namespace McpLongContext.Inference.Models;

/// <summary>
/// The folder where this product keeps its data: <c>$MCP_LONG_CONTEXT_HOME</c>, or <c>McpLongContext</c> in the
/// platform's local application data folder. Nothing is created here.
/// </summary>
public static class LongContextHome
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "MCP_LONG_CONTEXT_HOME";

    /// <summary>The absolute path of the home folder.</summary>
    /// <exception cref="InvalidOperationException">The user has no local application data folder.</exception>
    public static string Path => Resolve(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The folder of the installed models, <c>models</c> in the home folder.</summary>
    public static string Models => System.IO.Path.Combine(Path, "models");

    internal static string Resolve(string? configured)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return System.IO.Path.GetFullPath(configured);
        }

        var localData = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify
        );
        return localData.Length > 0
            ? System.IO.Path.Combine(localData, "McpLongContext")
            : throw new InvalidOperationException(
                $"This user has no local application data folder. Set {Variable} to a folder for models and datastores."
            );
    }
}
