using System.Text.Json;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Hosting;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Installing;

/// <summary>What an executable says of itself as a plugin.</summary>
internal sealed record PluginFacts(string Name, string Version, Spec? Schema);

/// <summary>
/// Starts an executable as a plugin and asks what Nomad's agent asks when it starts. None of it touches the hardware or the node:
/// a plugin does that from its first Fingerprint call on.
/// </summary>
internal sealed class PluginTrial(ILogger logger, TimeProvider time)
{
    // A start takes a tenth of a second; a node whose disks are busy must not fail an upgrade.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="InstallException">It is not a device plugin that Nomad takes.</exception>
    public Task<PluginFacts> AskAsync(string file, CancellationToken cancellationToken) => RunAsync(
        file,
        async (plugin, token) =>
        {
            var info = await plugin.GetInfoAsync(token);
            NomadRules.Check(info);
            return new PluginFacts(info.Name, info.PluginVersion, await plugin.GetSchemaAsync(token));
        },
        cancellationToken);

    /// <summary>Sets the configuration, encoded with the schema that an agent has: that of the plugin it started with.</summary>
    /// <exception cref="InstallException">The plugin does not accept it.</exception>
    /// <exception cref="ConfigEncodingException">The schema does not.</exception>
    public async Task SetConfigAsync(string file, Spec? schema, JsonElement config, CancellationToken cancellationToken)
    {
        var encoded = PluginConfigEncoder.Encode(schema ?? new Spec { Object = new() }, config);
        await RunAsync(
            file,
            async (plugin, token) =>
            {
                await plugin.SetConfigAsync(encoded, withNomadConfig: true, token);
                return true;
            },
            cancellationToken);
    }

    private async Task<T> RunAsync<T>(
        string file, Func<DrivenPlugin, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        PluginClient? client = null;
        try
        {
            client = await PluginClient.StartAsync(
                new PluginClientOptions
                {
                    FileName = file,
                    MagicCookie = NomadHandshake.Cookie,
                    ProtocolVersions = [NomadHandshake.ProtocolVersion],
                },
                logger, time, either.Token);
            await using var plugin = new DrivenPlugin(client);
            var answer = await ask(plugin, either.Token);
            await client.ShutdownAsync(either.Token);
            return answer;
        }
        catch (RpcException exception) when (!either.IsCancellationRequested)
        {
            throw new InstallException($"it answered {exception.StatusCode}: {exception.Status.Detail}{LastWords(client)}");
        }
        catch (Exception exception) when (exception is PluginException or HostRuleException)
        {
            throw new InstallException(exception.Message.TrimEnd('.'));
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or RpcException && !cancellationToken.IsCancellationRequested)
        {
            throw new InstallException($"it did not answer within {Limit.TotalSeconds:0} s");
        }
    }

    private static string LastWords(PluginClient? client) =>
        client is { Exited.IsCompleted: true, RecentLog: { Count: > 0 } log } ? $" (it last wrote: {string.Join(" / ", log)})" : "";
}
