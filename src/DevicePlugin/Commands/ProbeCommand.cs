using System.CommandLine;
using System.Globalization;
using DevicePlugin.Composition;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Commands;

/// <summary>
/// The hidden command <c>probe nvml</c>, for tests/gpu/run.sh: what can only be measured on a real driver, a line each that begins
/// with <c>ok</c> or <c>FAIL</c>. It changes nothing.
/// </summary>
internal static class ProbeCommand
{
    private const int Samples = 3;

    public static Command Create()
    {
        var hold = new Option<int?>("--hold")
        {
            Description = "Only open the driver, keep it open for so many seconds, and close it", HelpName = "SECONDS",
        };
        var node = new NodeOptions();
        var nvml = new Command("nvml", "Measure the calls, the events and the close of this node's NVML; changes nothing") { hold };
        node.AddTo(nvml);
        nvml.Run(async (parsed, cancellationToken) =>
        {
            var config = node.Read(parsed);
            if (config.Backend == BackendKind.Fake)
            {
                throw new BadInputException("Simulated GPUs have no NVML: leave --scenario and --backend out.");
            }

            return parsed.GetValue(hold) is { } seconds
                ? await HoldAsync(config, seconds, cancellationToken)
                : await ProbeAsync(config, cancellationToken);
        });
        var command = new Command("probe", "Measure the driver of this node") { nvml };
        command.Hidden = true;
        return command;
    }

    private static async Task<int> HoldAsync(PluginConfig config, int seconds, CancellationToken cancellationToken)
    {
        if (seconds < 0)
        {
            throw new BadInputException($"--hold is {seconds}; it must not be negative.");
        }

        using var probe = ProbeOf(config);
        var isDone = await probe.RunAsync(
            async () =>
            {
                Tell(isDone: true, "held", "");
                await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
            },
            cancellationToken);
        return isDone ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> ProbeAsync(PluginConfig config, CancellationToken cancellationToken)
    {
        using var probe = ProbeOf(config);
        return await probe.RunAsync(hold: null, cancellationToken) && await MeasureCallsAsync(config, cancellationToken) ? ExitCode.Done : ExitCode.Failed;
    }

    private static NvmlProbe ProbeOf(PluginConfig config) => new(
        BackendChoice.NvmlOptionsOf(config), result => Tell(result.IsDone, result.Name, result.Text), TimeProvider.System);

    /// <summary>The calls that the plugin makes for a first inventory and a few samples.</summary>
    private static async Task<bool> MeasureCallsAsync(PluginConfig config, CancellationToken cancellationToken)
    {
        var calls = new CallTimes();
        await using var gpus = GpuNode.ForCommand(config, NullLoggerFactory.Instance);
        gpus.NvmlCalls.Observe(calls.Add);
        var inventory = await gpus.ReadInventoryAsync(cancellationToken);
        var left = Samples;
        await foreach (var sample in gpus.Sampler.SampleAsync(TimeSpan.FromSeconds(1), cancellationToken))
        {
            if (--left == 0)
            {
                break;
            }
        }

        var passed = calls.Tell();
        if (!inventory.Driver.IsLoaded)
        {
            Tell(isDone: false, "inventory", inventory.Driver.Reason);
        }

        return inventory.Driver.IsLoaded && passed;
    }

    private static void Tell(bool isDone, string name, string text)
    {
        Console.Out.WriteLine($"{(isDone ? "ok  " : "FAIL")} {name} {text}".TrimEnd());
        Console.Out.Flush();
    }

    /// <summary>Collects the duration of each call, on the threads that make the calls.</summary>
    private sealed class CallTimes
    {
        private readonly Lock _gate = new();
        private readonly List<CallTime> _times = [];

        public void Add(string function, TimeSpan duration, string? error)
        {
            lock (_gate)
            {
                if (_times.Find(time => time.Function == function) is not { } known)
                {
                    _times.Add(known = new CallTime(function));
                }

                known.Add(duration, error);
            }
        }

        /// <returns>Whether no call failed.</returns>
        public bool Tell()
        {
            lock (_gate)
            {
                _times.Sort((one, other) => string.CompareOrdinal(one.Function, other.Function));
                _times.ForEach(time => ProbeCommand.Tell(isDone: true, "call", time.ToString()));
                foreach (var time in _times.Where(time => time.Error is not null))
                {
                    ProbeCommand.Tell(isDone: false, "call-error", $"{time.Function} answered {time.Error}");
                }

                return _times.TrueForAll(time => time.Error is null);
            }
        }
    }

    private sealed class CallTime(string function)
    {
        private int _count;
        private TimeSpan _total;
        private TimeSpan _slowest;

        public string Function => function;

        /// <summary>The last one; null while there was none.</summary>
        public string? Error { get; private set; }

        public void Add(TimeSpan duration, string? error)
        {
            _count++;
            _total += duration;
            _slowest = duration > _slowest ? duration : _slowest;
            Error = error ?? Error;
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{function} {_count}x, mean {_total.TotalMilliseconds / _count:0.000} ms, slowest {_slowest.TotalMilliseconds:0.000} ms");
    }
}
