namespace DevicePlugin.Commands;

internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A check, the hardware or a peer failed.</summary>
    public const int Failed = 1;

    public const int BadInput = 2;

    /// <summary>The command was interrupted before it was done: what shells use for SIGINT.</summary>
    public const int Interrupted = 130;
}
