namespace DevicePlugin.Commands;

internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A check, the hardware or a peer failed.</summary>
    public const int Failed = 1;

    public const int BadInput = 2;

    /// <summary>Of a command that was to come to an end and was not let: what shells say of SIGINT.</summary>
    public const int Interrupted = 130;
}
