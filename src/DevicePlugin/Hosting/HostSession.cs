using DevicePlugin.Commands;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hosting;

/// <summary>Does with a device plugin what Nomad's client does, in its order, and reports each step.</summary>
internal sealed class HostSession(HostOptions options, IHostReport report, ILogger logger, TimeProvider time)
{
    // Nomad itself waits for ever; a person wants to know.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    // Nomad registers the node without devices after this time (client/node_updater.go).
    private static readonly TimeSpan FingerprintLimit = TimeSpan.FromSeconds(50);

    // The default of telemetry.collection_interval.
    private static readonly TimeSpan StatsInterval = TimeSpan.FromSeconds(1);

    // As long as Nomad looks for the end of the process behind a broken call (helper/pluginutils/grpcutils/utils.go).
    private static readonly TimeSpan CrashGrace = TimeSpan.FromSeconds(3);

    private PluginClient? _client;

    public Action<PluginLogLine>? LogReceived { get; init; }

    public Action<PluginOutput>? OutputReceived { get; init; }

    /// <returns>An exit code of the command line.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StepAsync("Launch", AnswerLimit, LaunchAsync, cancellationToken);
        }
        catch (HostStepException exception)
        {
            await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);
            return exception.ExitCode;
        }
        catch
        {
            // An interrupt, or a reader of the report that is gone: Go plugins ignore SIGINT, and would be left running.
            await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }

        await using var plugin = new DrivenPlugin(_client!);
        var exitCode = await CatchStepAsync(() => DriveAsync(plugin, cancellationToken));

        // An interrupt ends the tour, not the plugin's right to an orderly end.
        var endCode = await CatchStepAsync(() => EndAsync(plugin, CancellationToken.None));
        return exitCode == ExitCode.Done ? endCode : exitCode;
    }

    private static async Task<int> CatchStepAsync(Func<Task> run)
    {
        try
        {
            await run();
            return ExitCode.Done;
        }
        catch (HostStepException exception)
        {
            return exception.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    private async Task<LaunchResult> LaunchAsync(CancellationToken cancellationToken)
    {
        _client = await PluginClient.StartAsync(
            new PluginClientOptions
            {
                FileName = options.FileName,
                Arguments = options.Arguments,
                MagicCookie = NomadHandshake.Cookie,
                ProtocolVersions = [NomadHandshake.ProtocolVersion],
                AutoMtls = options.AutoMtls,
                LogReceived = LogReceived,
                OutputReceived = OutputReceived,
            },
            logger,
            time,
            cancellationToken);
        var health = await _client.CheckHealthAsync(cancellationToken);
        return new LaunchResult(_client.Handshake.Line, options.AutoMtls, health);
    }

    private async Task DriveAsync(DrivenPlugin plugin, CancellationToken cancellationToken)
    {
        await StepAsync("PluginInfo", AnswerLimit, async token =>
        {
            var info = await plugin.GetInfoAsync(token);
            NomadRules.Check(info);
            return new PluginInfoResult(info);
        }, cancellationToken);
        var schema = await StepAsync(
            "ConfigSchema", AnswerLimit, async token => new ConfigSchemaResult(await plugin.GetSchemaAsync(token)),
            cancellationToken);

        // The second time without nomad_config, as when the agent checks its plugins (helper/pluginutils/loader/init.go).
        await SetConfigAsync(plugin, schema.Schema, withNomadConfig: true, cancellationToken);
        await SetConfigAsync(plugin, schema.Schema, withNomadConfig: false, cancellationToken);

        var found = await StepAsync("Fingerprint", FingerprintLimit, async token =>
        {
            var fingerprint = await plugin.FingerprintAsync(token);
            NomadRules.Check(fingerprint);
            return new FingerprintResult(fingerprint);
        }, cancellationToken);
        await ReserveAsync(plugin, found.Fingerprint, cancellationToken);
        await SampleAsync(plugin, found.Fingerprint, cancellationToken);
    }

    private Task<SetConfigResult> SetConfigAsync(
        DrivenPlugin plugin, Spec? schema, bool withNomadConfig, CancellationToken cancellationToken) =>
        StepAsync("SetConfig", AnswerLimit, async token =>
        {
            var config = PluginConfigEncoder.Encode(schema ?? new Spec { Object = new() }, options.Config);
            await plugin.SetConfigAsync(config, withNomadConfig, token);
            return new SetConfigResult(config.Length, withNomadConfig);
        }, cancellationToken);

    private async Task ReserveAsync(
        DrivenPlugin plugin, FingerprintResponse fingerprint, CancellationToken cancellationToken)
    {
        var device = fingerprint.DeviceGroup.SelectMany(group => group.Devices).FirstOrDefault(device => device.Healthy);
        if (device is null)
        {
            report.Succeeded("Reserve", TimeSpan.Zero, new SkippedResult("no healthy device"));
            return;
        }

        await StepAsync("Reserve", AnswerLimit, async token =>
        {
            var response = await plugin.ReserveAsync(device.ID, token);
            NomadRules.Check(response);
            return new ReserveResult(device.ID, response.ContainerRes);
        }, cancellationToken);
    }

    private async Task SampleAsync(
        DrivenPlugin plugin, FingerprintResponse fingerprint, CancellationToken cancellationToken)
    {
        if (!fingerprint.DeviceGroup.Any(group => group.Devices.Count > 0))
        {
            report.Succeeded("Stats", TimeSpan.Zero, new SkippedResult("no device"));
            return;
        }

        for (var number = 1; number <= options.Samples; number++)
        {
            var current = number;
            await StepAsync("Stats", AnswerLimit, async token =>
            {
                var statistics = await plugin.ReadStatsAsync(StatsInterval, token);
                NomadRules.Check(statistics);
                return new StatsResult(current, options.Samples, statistics, time.GetUtcNow());
            }, cancellationToken);
        }
    }

    private async Task EndAsync(DrivenPlugin plugin, CancellationToken cancellationToken)
    {
        if (plugin.Client.Exited.IsCompleted)
        {
            return;
        }

        var ended = await plugin.FindFingerprintEndAsync();
        if (ended is not null)
        {
            report.Failed("Fingerprint", TimeSpan.Zero, $"{ended}; Nomad would drop all its devices for good.");
        }

        await StepAsync("Shutdown", AnswerLimit, async token =>
        {
            var shutdown = await plugin.Client.ShutdownAsync(token);
            return shutdown.Graceful
                ? new ShutdownResult(shutdown)
                : throw new HostRuleException(
                    $"The plugin did not exit within 2 s of Shutdown and was killed (after " +
                    $"{shutdown.Elapsed.TotalMilliseconds:0} ms). End every stream when Shutdown comes.");
        }, cancellationToken);
        if (ended is not null)
        {
            throw new HostStepException(ExitCode.Failed);
        }
    }

    private async Task<T> StepAsync<T>(
        string step, TimeSpan limit, Func<CancellationToken, Task<T>> run, CancellationToken cancellationToken)
        where T : HostStepResult
    {
        var start = time.GetTimestamp();
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        string error;
        try
        {
            var result = await run(linked.Token);
            report.Succeeded(step, time.GetElapsedTime(start), result);
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A connection that breaks with the plugin can look cancelled too.
            error = timeout.IsCancellationRequested
                ? $"The plugin did not answer within {limit.TotalSeconds:0} s."
                : await DescribeAsync(new Status(StatusCode.Cancelled, "the connection broke"));
        }
        catch (ConfigEncodingException exception)
        {
            report.Failed(step, time.GetElapsedTime(start), exception.Message);
            throw new HostStepException(ExitCode.BadInput);
        }
        catch (RpcException exception)
        {
            error = await DescribeAsync(exception.Status);
        }
        catch (Exception exception) when (exception is PluginException or HostRuleException)
        {
            error = exception.Message;
        }

        report.Failed(step, time.GetElapsedTime(start), error);
        throw new HostStepException(ExitCode.Failed);
    }

    private async Task<string> DescribeAsync(Status status)
    {
        var client = _client!;
        if (status.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled)
        {
            await ((Task)client.Exited).WaitAsync(CrashGrace, time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!client.Exited.IsCompleted)
        {
            return $"The plugin answered {status.StatusCode}: {status.Detail}";
        }

        var log = client.RecentLog is { Count: > 0 } recent ? $" It last wrote: {string.Join(" / ", recent)}" : "";
        return $"The plugin exited with code {await client.Exited} during the call.{log}";
    }
}
