namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>Folders of the user's that are filled once and kept for later runs of the tests.</summary>
internal static class UserFolder
{
    private static readonly string s_root = Path.Combine(
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify
        ),
        "McpLongContext.EndToEnd"
    );

    /// <summary>The folder of a name, whole or not at all.</summary>
    /// <param name="name">The name; another content has another name.</param>
    /// <param name="fill">Fills a folder that becomes this one.</param>
    public static async Task<string> OfAsync(string name, Func<string, Task> fill)
    {
        var folder = Path.Combine(s_root, name);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var staging = Directory.CreateDirectory(Path.Combine(s_root, $"{Guid.NewGuid():N}.staging")).FullName;
        try
        {
            await fill(staging);
            Directory.Move(staging, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another test run was faster.
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }

        return folder;
    }
}
