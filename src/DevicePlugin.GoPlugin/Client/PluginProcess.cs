using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>The plugin's operating system process: started with go-plugin's environment, killed when asked to.</summary>
internal sealed class PluginProcess : IDisposable
{
    private readonly Process _process;

    private PluginProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        Exited = WaitForExitAsync();
    }

    public int Id { get; }

    /// <summary>Completes with the exit code; never fails.</summary>
    public Task<int> Exited { get; }

    public Stream StandardOutput => _process.StandardOutput.BaseStream;

    public Stream StandardError => _process.StandardError.BaseStream;

    public static PluginProcess Start(PluginClientOptions options, string? clientCertificatePem)
    {
        var start = new ProcessStartInfo(options.FileName, options.Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = options.WorkingDirectory ?? "",
        };
        FillEnvironment(start.Environment, options, clientCertificatePem);
        try
        {
            var process = Process.Start(start) ??
                throw new PluginException($"The plugin '{options.FileName}' could not be started.");
            return new PluginProcess(process);
        }
        catch (Win32Exception exception)
        {
            throw new PluginException(
                $"The plugin '{options.FileName}' could not be started: {exception.Message}. " +
                "Check that the path names an executable file for this system.",
                exception);
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself a moment before.
        }
    }

    public void Dispose() => _process.Dispose();

    private static void FillEnvironment(
        IDictionary<string, string?> environment, PluginClientOptions options, string? clientCertificatePem)
    {
        // What another host told this process must not reach its own plugin.
        foreach (var inherited in environment.Keys.Where(key => key.StartsWith("PLUGIN_", StringComparison.Ordinal)).ToList())
        {
            environment.Remove(inherited);
        }

        foreach (var (key, value) in options.Environment)
        {
            environment[key] = value;
        }

        environment[options.MagicCookie.Key] = options.MagicCookie.Value;
        environment[GoPluginProtocol.ProtocolVersionsVariable] = string.Join(',', options.ProtocolVersions);
        environment[GoPluginProtocol.MinPortVariable] = options.MinimumPort.ToString(CultureInfo.InvariantCulture);
        environment[GoPluginProtocol.MaxPortVariable] = options.MaximumPort.ToString(CultureInfo.InvariantCulture);
        SetWhenGiven(environment, GoPluginProtocol.UnixSocketDirectoryVariable, options.UnixSocketDirectory);
        SetWhenGiven(environment, GoPluginProtocol.ClientCertificateVariable, clientCertificatePem);
    }

    private static void SetWhenGiven(IDictionary<string, string?> environment, string key, string? value)
    {
        if (value is not null)
        {
            environment[key] = value;
        }
    }

    private async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
