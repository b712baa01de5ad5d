using System.Globalization;
using System.Text.Json;
using DevicePlugin.GoPlugin.Client;

namespace DevicePlugin.Hosting;

internal sealed record ShutdownResult(PluginShutdown Shutdown) : HostStepResult
{
    public override string Summary =>
        $"{(Shutdown.Graceful ? "graceful" : "killed")}, exit code {Shutdown.ExitCode.ToString(CultureInfo.InvariantCulture)}";

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("graceful", Shutdown.Graceful);
        writer.WriteNumber("exit_code", Shutdown.ExitCode);
    }
}
