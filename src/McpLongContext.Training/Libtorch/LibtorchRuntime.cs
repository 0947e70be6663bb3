using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Training.Libtorch;

/// <summary>
/// Loads libtorch where the system's own loader would refuse it. The library that TorchSharp is built upon demands a
/// version of libstdc++ that Debian 12 lacks, for a symbol that is never called. There a copy in the user's cache, with
/// that demand marked weak, is loaded instead; elsewhere nothing is done.
/// </summary>
internal static class LibtorchRuntime
{
    private const string Library = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const string StandardLibrary = "libstdc++.so.6";

    /// <summary>Loads the library. To be called before the first use of TorchSharp.</summary>
    /// <param name="log">Told when a copy is used.</param>
    /// <exception cref="TrainingException">The cache cannot be written to, or the libraries are not beside the
    /// program.</exception>
    public static void Load(TextWriter log)
    {
        TensorMemory.Keep();
        if (!OperatingSystem.IsLinux() || HasVersion(MissingVersion))
        {
            return;
        }

        var folder = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
        var library = Path.Combine(folder, Library);
        try
        {
            // What the copy needs is found by name once it is loaded.
            foreach (var needed in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
            {
                NativeLibrary.Load(Path.Combine(folder, needed));
            }

            var copy = WeakCopy(library);
            NativeLibrary.Load(copy);
            log.WriteLine($"libstdc++ of this system lacks {MissingVersion}: using {copy}, in which it is optional");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            throw new TrainingException($"libtorch cannot be loaded from {folder}: {e.Message}", e);
        }
    }

    /// <summary>The copy of this very library, made where it is missing.</summary>
    private static string WeakCopy(string library)
    {
        var bytes = File.ReadAllBytes(library);
        var cache = Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.Create
            ),
            "McpLongContext",
            "libtorch",
            Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]
        );
        var copy = Path.Combine(cache, Library);
        if (File.Exists(copy))
        {
            return copy;
        }

        VersionNeeds.Weaken(bytes, MissingVersion);
        Directory.CreateDirectory(cache);
        // Several first starts may race: all write the same.
        var staged = $"{copy}.{Guid.NewGuid():N}";
        File.WriteAllBytes(staged, bytes);
        File.Move(staged, copy, overwrite: true);
        return copy;
    }

    /// <summary>
    /// Whether the C++ library that a process gets here knows a version. Its file holds the names of all it knows.
    /// </summary>
    private static bool HasVersion(string version)
    {
        if (!NativeLibrary.TryLoad(StandardLibrary, out _))
        {
            return true;
        }

        var path = File.ReadLines("/proc/self/maps")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return path is null || File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(version + "\0")) >= 0;
    }
}
