using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.MachineCode;

/// <summary>Instructions in executable memory, for those few that the runtime has no intrinsics for.</summary>
/// <remarks>
/// The memory is writable first and executable afterwards, never both, and lives as long as the process.
/// </remarks>
internal static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3;
    private const int ReadExecute = 5;
    private const int PrivateAnonymous = 0x22;
    private const uint CommitReserve = 0x3000;
    private const uint PageReadWrite = 0x04;
    private const uint PageExecuteRead = 0x20;

    /// <summary>
    /// Where the code is now, or null where the system does not let a program make code, as hardened ones do.
    /// </summary>
    public static byte* TryLoad(ReadOnlySpan<byte> code)
    {
        try
        {
            return OperatingSystem.IsWindows() ? LoadWindows(code)
                : OperatingSystem.IsLinux() ? LoadLinux(code)
                : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static byte* LoadLinux(ReadOnlySpan<byte> code)
    {
        var memory = Map(null, (nuint)code.Length, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)memory == -1)
        {
            return null;
        }

        code.CopyTo(new Span<byte>(memory, code.Length));
        return Protect(memory, (nuint)code.Length, ReadExecute) == 0 ? memory : null;
    }

    private static byte* LoadWindows(ReadOnlySpan<byte> code)
    {
        var memory = VirtualAlloc(null, (nuint)code.Length, CommitReserve, PageReadWrite);
        if (memory is null)
        {
            return null;
        }

        code.CopyTo(new Span<byte>(memory, code.Length));
        return VirtualProtect(memory, (nuint)code.Length, PageExecuteRead, out _) != 0 ? memory : null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial byte* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint before);
}
