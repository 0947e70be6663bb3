using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Commands;

/// <summary>Files that a person names on the command line, which may therefore be read and written.</summary>
internal static class NamedFiles
{
    /// <summary>The options with the folders of the files, and of those that they are links to, as roots.</summary>
    /// <exception cref="ContextException">A link cannot be resolved.</exception>
    public static LongContextOptions Allow(LongContextOptions options, IEnumerable<string> files) =>
        options with
        {
            AllowedRoots = [.. options.AllowedRoots, .. files.SelectMany(RootsOf)],
        };

    /// <summary>Opens a file to be read.</summary>
    /// <exception cref="ContextException">The file cannot be read.</exception>
    public static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"FILE: '{file}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes a file whole or not at all; none is replaced unless that is asked for.</summary>
    /// <param name="file">The file.</param>
    /// <param name="force">Whether a file that is there is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="ContextException">The file is there, or cannot be written.</exception>
    public static async Task WriteAsync(string file, bool force, Func<Stream, Task> write)
    {
        if (Path.Exists(file) && !force)
        {
            throw new ContextException($"--out: '{file}' exists; give another name, or --force to replace it.");
        }

        var staged = $"{file}.{Guid.NewGuid():N}";
        try
        {
            await using (var stream = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
            {
                await write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(staged, file, overwrite: force);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"--out: '{file}' cannot be written: {error.Message}", error);
        }
        finally
        {
            File.Delete(staged);
        }
    }

    private static IEnumerable<string> RootsOf(string file)
    {
        var full = Path.GetFullPath(file);
        if (!File.Exists(full))
        {
            throw new ContextException($"FILE: '{file}' is no file; check its spelling.");
        }

        try
        {
            var target = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
            return [Path.GetDirectoryName(full)!, Path.GetDirectoryName(target)!];
        }
        catch (IOException error)
        {
            throw new ContextException(
                $"FILE: '{file}' cannot be resolved: {error.Message} Name the file itself.",
                error
            );
        }
    }
}
