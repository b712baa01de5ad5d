using System.Runtime.CompilerServices;

namespace DevicePlugin.Tests;

/// <summary>
/// Where the tests and the processes that they start put temporary files. Sockets lie in there, whose paths have at most 107 bytes,
/// and so do programs that are run: a TMPDIR that is too long or mounted noexec is replaced before the first test.
/// </summary>
internal static class TemporaryFolder
{
    private const int LongestPath = 40;

    [ModuleInitializer]
    internal static void Choose()
    {
        if (!OperatingSystem.IsLinux() || IsFit(Path.GetTempPath()))
        {
            return;
        }

        var other = new[] { "/tmp", "/var/tmp", "/var/lib" }.FirstOrDefault(IsFit)
            ?? throw new InvalidOperationException(
                $"TMPDIR is '{Path.GetTempPath()}': set it to a path of at most {LongestPath} characters where programs may run.");
        Environment.SetEnvironmentVariable("TMPDIR", other);
    }

    private static bool IsFit(string folder) =>
        folder.Length <= LongestPath && Directory.Exists(folder) && IsWritable(folder) && MayRunPrograms(folder);

    private static bool IsWritable(string folder)
    {
        try
        {
            Directory.Delete(Directory.CreateDirectory(Path.Combine(folder, $"fit-{Guid.NewGuid():N}")).FullName);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // proc_pid_mountinfo(5): the fifth field is the mount point, the sixth its options.
    private static bool MayRunPrograms(string folder) => !File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' '))
        .Where(fields => $"{Path.TrimEndingDirectorySeparator(folder)}/".StartsWith($"{fields[4].TrimEnd('/')}/", StringComparison.Ordinal))
        .MaxBy(fields => fields[4].Length)![5].Split(',').Contains("noexec");
}
