namespace DevicePlugin.Hosting;

/// <summary>How to start this very program once more, as a plugin.</summary>
internal static class PluginCommand
{
    public static (string FileName, IReadOnlyList<string> Arguments) OfThisProgram()
    {
        var process = Environment.ProcessPath ??
            throw new InvalidOperationException("The system does not tell the path of this process.");

        // A build without an executable of its own runs as "dotnet nomad-device-gpu.dll".
        return Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? (process, [Path.GetFullPath(Environment.GetCommandLineArgs()[0])])
            : (process, []);
    }
}
