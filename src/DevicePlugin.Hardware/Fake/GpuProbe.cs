using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// Asks a made-up GPU as NVML would be asked: every value through the function that it comes from, so that the call
/// faults of a scenario reach it. A probe serves one enumeration or sample, in which a function counts as called once.
/// </summary>
internal sealed class GpuProbe(NodeGpu gpu, CallFaults calls, TimeSpan now)
{
    private const string FieldValues = "nvmlDeviceGetFieldValues";

    // With MIG on, rows and links are not the GPU's to tell.
    private static readonly string[] WithoutMig =
    [
        "nvmlDeviceGetRemappedRows", "nvmlDeviceGetNvLinkState", "nvmlDeviceGetNvLinkVersion",
        "nvmlDeviceGetNvLinkErrorCounter",
    ];

    private readonly Dictionary<(string Function, uint? Field), bool> _answers = [];
    private readonly Dictionary<string, string> _problems = [];

    public NodeGpu Gpu => gpu;

    public KeyedValues Values => gpu.Values;

    /// <summary>As <see cref="NodeState.DriverBranch"/>.</summary>
    public required int DriverBranch { get; init; }

    /// <summary>The first thing that a call showed to be wrong.</summary>
    public DeviceFault? Fault { get; private set; }

    /// <summary>What the calls took together.</summary>
    public TimeSpan Delay { get; private set; }

    public string? Ask(string function, Key<string> key) => Answers(function) ? Values[key] : null;

    public long? Ask(string function, Key<long> key) => Answers(function) ? Values[key] : null;

    public double? Ask(string function, Key<double> key) => Answers(function) ? Values[key] : null;

    public bool? Ask(string function, Key<bool> key) => Answers(function) ? Values[key] : null;

    public long? AskField(uint field, Key<long> key) => Answers(FieldValues, field: field) ? Values[key] : null;

    public string? AskField(uint field, Key<string> key) => Answers(FieldValues, field: field) ? Values[key] : null;

    /// <summary>Whether the call gives its answer; any failure of a required call is the device's fault.</summary>
    public bool Answers(string function, bool isRequired = false, uint? field = null)
    {
        if (!_answers.TryGetValue((function, field), out var answers))
        {
            answers = Call(function, isRequired, field);
            _answers.Add((function, field), answers);
        }

        return answers;
    }

    /// <summary>Why the call gives no answer; null when it does, or when that is the GPU's <see cref="Fault"/>.</summary>
    public string? ProblemOf(string function) => Answers(function) ? null : _problems.GetValueOrDefault(function);

    private bool Call(string function, bool isRequired, uint? field)
    {
        var outcome = calls.Decide(function, gpu, now, field);
        Delay += outcome.Delay;
        if (outcome.Hangs)
        {
            Fault ??= new DeviceFault(DeviceFaultKind.Unresponsive, $"{function} did not return.");
            return false;
        }

        if (outcome.Code is { } code)
        {
            if (FaultOf(code, isRequired) is { } kind)
            {
                Fault ??= new DeviceFault(kind, $"{function} answered {code}.");
            }
            else
            {
                _problems[function] = $"{function} answered {code}";
            }

            return false;
        }

        return gpu.Values[MigKeys.Enabled] is not true || !WithoutMig.Contains(function);
    }

    private static DeviceFaultKind? FaultOf(string code, bool isRequired) =>
        ReturnCodes.ResultOf(code).Fault() ?? (isRequired ? DeviceFaultKind.CallFailed : null);
}
