using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using Microsoft.Win32.SafeHandles;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// The directories beneath which files may be read. Paths are judged after every link is resolved, and an opened file
/// is judged once more by what was really opened, so that a link swapped in between opens nothing.
/// </summary>
public sealed class AllowedRoots
{
    /// <summary>Kernel interfaces: never documents, even where a root contains them.</summary>
    private static readonly string[] s_kernelFolders = ["/proc", "/sys", "/dev"];

    private readonly string[] _roots;

    /// <summary>Resolves the roots.</summary>
    /// <param name="roots">Existing directories; relative ones are relative to the working directory.</param>
    /// <exception cref="ContextException">A root is not a directory.</exception>
    public AllowedRoots(params IEnumerable<string> roots) =>
        _roots = [.. roots.Select(ResolveRoot).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The roots, links resolved.</summary>
    public IReadOnlyList<string> Roots => _roots;

    /// <summary>Those of other roots that lie within these; these where there are no others.</summary>
    /// <exception cref="ContextException">None of the others lies within these, or one is not a directory.</exception>
    internal AllowedRoots Narrow(IReadOnlyList<string> others)
    {
        if (others.Count == 0)
        {
            return this;
        }

        var narrow = new AllowedRoots(others).Roots.Where(Contains).ToArray();
        return narrow.Length > 0
            ? new AllowedRoots(narrow)
            : throw new ContextException("path: no folder may be read with this token; give a text instead.");
    }

    /// <summary>Those of other roots that lie within these and still exist, which may be none.</summary>
    internal AllowedRoots NarrowExisting(IReadOnlyList<string> others) =>
        new(new AllowedRoots(others.Where(Directory.Exists)).Roots.Where(Contains));

    /// <summary>Resolves a path that a user named.</summary>
    /// <param name="path">The path.</param>
    /// <param name="argument">The argument that it was given as, for errors.</param>
    /// <returns>The absolute path without links.</returns>
    /// <exception cref="ContextException">The path is malformed, outside the roots, or does not exist.</exception>
    public string Resolve(string path, string argument = "path") =>
        ResolveAny(path, argument) is var resolved && Path.Exists(resolved)
            ? resolved
            : throw new ContextException(
                $"{argument}: nothing exists at '{Printable.Path(path)}'; check its spelling."
            );

    /// <summary>Resolves a path that a user named, where something may have been once.</summary>
    /// <param name="path">The path.</param>
    /// <param name="argument">The argument that it was given as, for errors.</param>
    /// <returns>The absolute path without links.</returns>
    /// <exception cref="ContextException">The path is malformed, or outside the roots.</exception>
    internal string ResolveAny(string path, string argument = "path")
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ContextException(
                $"{argument}: '{Printable.Path(path)}' is not a path; name a file or a directory beneath {Describe()}."
            );
        }

        string resolved;
        try
        {
            resolved = Path.TrimEndingDirectorySeparator(RealPath.Of(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ContextException($"{argument}: '{Printable.Path(path)}' cannot be resolved: {e.Message}", e);
        }

        if (KernelFolderOf(resolved) is { } kernel)
        {
            throw new ContextException(
                $"{argument}: '{Printable.Path(path)}' lies in {kernel}, where the interfaces of the kernel are; nothing is read "
                    + "there, even beneath an allowed root. Copy the files elsewhere."
            );
        }

        if (!Contains(resolved))
        {
            throw new ContextException(
                $"{argument}: '{Printable.Path(path)}' is outside the allowed roots ({Describe()}). "
                    + "Start with --allow-root DIRECTORY to add its directory."
            );
        }

        return resolved;
    }

    /// <summary>Whether a path without links lies beneath a root.</summary>
    public bool Contains(string resolvedPath) =>
        Array.Exists(_roots, root => RealPath.IsWithin(resolvedPath, root)) && KernelFolderOf(resolvedPath) is null;

    /// <summary>Opens a regular file for reading and verifies that what was opened lies beneath a root.</summary>
    /// <exception cref="IOException">The file vanished, is no regular file, or lies elsewhere by now.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    internal FileStream OpenRead(string path)
    {
        var handle = RegularFile.OpenHandle(path);
        try
        {
            if (!Contains(IdentityOf(handle, path)))
            {
                throw new IOException("it leads outside the allowed roots");
            }

            return RegularFile.Stream(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The folder of kernel interfaces that a path lies in; <see langword="null"/> for any other path.
    /// </summary>
    internal static string? KernelFolderOf(string resolvedPath) =>
        OperatingSystem.IsWindows()
            ? null
            : Array.Find(s_kernelFolders, folder => RealPath.IsWithin(resolvedPath, folder));

    private static string ResolveRoot(string root)
    {
        try
        {
            var resolved = RealPath.Of(root);
            if (Directory.Exists(resolved))
            {
                return resolved;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ContextException($"--allow-root: '{Printable.Path(root)}' cannot be resolved: {e.Message}", e);
        }

        throw new ContextException(
            File.Exists(root)
                ? $"--allow-root: '{Printable.Path(root)}' is a file; name the directory that it lies in."
                : $"--allow-root: '{Printable.Path(root)}' is not a directory; name an existing one."
        );
    }

    private static string IdentityOf(SafeFileHandle handle, string path) =>
        (OperatingSystem.IsLinux() ? new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget : null)
        ?? RealPath.Of(path);

    private string Describe() => string.Join(", ", _roots);
}
