namespace DevicePlugin.Output;

/// <summary>
/// The streams of a program that was started with one of them closed (<c>2&gt;&amp;-</c>): its number belongs to the next
/// file that the runtime opened, which refuses to be written, and the exception would end the process.
/// </summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    // O_ACCMODE of fcntl.h: 0 is O_RDONLY.
    private const int AccessMode = 3;

    /// <summary>What would go to a closed stream goes nowhere.</summary>
    /// <returns>Whether standard output is open.</returns>
    public static bool SilenceClosed()
    {
        if (!IsWritable(Error))
        {
            Console.SetError(TextWriter.Null);
        }

        if (IsWritable(Output))
        {
            return true;
        }

        Console.SetOut(TextWriter.Null);
        return false;
    }

    private static bool IsWritable(int descriptor)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo"))
        {
            return true;
        }

        try
        {
            // Octal, as "flags:\t0100002".
            var flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}")
                .FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is null || ((flags[^1] - '0') & AccessMode) != 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception is not FileNotFoundException;
        }
    }
}
