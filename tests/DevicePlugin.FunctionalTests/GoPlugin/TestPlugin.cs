using DevicePlugin.GoPlugin;
using DevicePlugin.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace DevicePlugin.FunctionalTests.GoPlugin;

/// <summary>What a test starts a plugin with, and what it then sees of it. Disposed, it fails for unannounced errors.</summary>
internal sealed class TestPlugin : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gp").FullName;

    public TestPlugin(params (string Name, string Value)[] environment)
    {
        var variables = environment.ToDictionary(variable => variable.Name, variable => variable.Value);
        variables.TryAdd("PLUGIN_UNIX_SOCKET_DIR", _directory);
        variables.TryAdd("PLUGIN_PROTOCOL_VERSIONS", "2");
        Options = new PluginHostOptions
        {
            ProtocolVersions = [2],
            ConfigureServices = services => services.AddSingleton(Calls),
            Services =
            [
                PluginService.Of<ObligingService>(ObligingService.Name, Nomad.Protocol.DevicePlugin.BindService),
            ],
            LoggerFactory = Logs,
            Environment = variables.GetValueOrDefault,
            HandshakeOutput = Output,
        };
    }

    public PluginHostOptions Options { get; set; }

    public TestLogs Logs { get; } = new();

    public ObligingService.Calls Calls { get; } = new();

    public PrintedLines Output { get; } = new();

    public IEnumerable<string> SocketFiles => Directory.EnumerateFileSystemEntries(_directory);

    public Task<PluginHost> StartAsync() => PluginHost.StartAsync(Options).DefaultTimeout();

    public void Dispose()
    {
        Logs.Dispose();
        Output.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
