using DevicePlugin.GoPlugin.Protocol;

namespace DevicePlugin.GoPlugin.Stdio;

/// <summary>
/// Sends what code of this process writes to the console to the host. Native code and child processes still reach file
/// descriptors 1 and 2, and so does a logger that opened its stream itself.
/// </summary>
internal sealed class ConsoleCapture : IDisposable
{
    private readonly TextWriter _out = Console.Out;
    private readonly TextWriter _error = Console.Error;

    public ConsoleCapture(StdioBuffer buffer)
    {
        Console.SetOut(new StdioWriter(buffer, StdioData.Types.Channel.Stdout));
        Console.SetError(new StdioWriter(buffer, StdioData.Types.Channel.Stderr));
    }

    public void Dispose()
    {
        Console.SetOut(_out);
        Console.SetError(_error);
    }
}
