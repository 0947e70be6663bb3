using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Inference.Models;

/// <summary>Checksums of files, in lower-case hexadecimal.</summary>
internal static class Checksum
{
    private const int BufferSize = 1 << 20;

    /// <summary>Verifies one file of a model and returns the entry with its SHA-256.</summary>
    /// <param name="file">The expected checksum and size.</param>
    /// <param name="path">Where the file is.</param>
    /// <param name="onRead">Called with the bytes of every block read.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ModelException">The file's size or checksum is another one.</exception>
    public static async Task<ModelFile> VerifyAsync(
        ModelFile file,
        string path,
        Action<int> onRead,
        CancellationToken cancellation
    )
    {
        var size = new FileInfo(path).Length;
        if (size != file.Size)
        {
            throw Mismatch(file, "size", file.Size.ToString(CultureInfo.InvariantCulture), $"{size}");
        }

        var (sha256, gitBlob) = await ComputeAsync(path, onRead, cancellation);
        if (file.Sha256 is not null && file.Sha256 != sha256)
        {
            throw Mismatch(file, "SHA-256", file.Sha256, sha256);
        }

        if (file.GitBlob is not null && file.GitBlob != gitBlob)
        {
            throw Mismatch(file, "Git object id", file.GitBlob, gitBlob);
        }

        return file with
        {
            Sha256 = sha256,
            GitBlob = null,
        };
    }

    /// <summary>Reads a file once and computes its SHA-256 and its Git object id.</summary>
    public static async Task<(string Sha256, string GitBlob)> ComputeAsync(
        string path,
        Action<int> onRead,
        CancellationToken cancellation
    )
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var gitBlob = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, true);
            gitBlob.AppendData(Encoding.ASCII.GetBytes($"blob {stream.Length}\0"));
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
            {
                sha256.AppendData(buffer.AsSpan(0, read));
                gitBlob.AppendData(buffer.AsSpan(0, read));
                onRead(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (
            Convert.ToHexStringLower(sha256.GetHashAndReset()),
            Convert.ToHexStringLower(gitBlob.GetHashAndReset())
        );
    }

    /// <summary>The SHA-256 of a text.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static ModelException Mismatch(ModelFile file, string what, string expected, string found) =>
        new(
            $"{file.SourcePath} has the {what} {found}, expected {expected}: the download was damaged or the source "
                + "has changed. Nothing was installed; run the command again."
        );
}
