using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>Decides what becomes of a call. The counts of an entry outlive reloads under its id.</summary>
internal sealed class CallFaults
{
    private readonly Dictionary<string, TimeSpan> _origins = [];
    private readonly Dictionary<string, long> _counts = [];

    private ImmutableArray<CallFault> _faults = [];

    public void Load(Scenario scenario, TimeSpan now)
    {
        _faults = scenario.Calls;
        foreach (var fault in _faults)
        {
            _origins.TryAdd(fault.Id, now);
        }
    }

    /// <summary>
    /// What becomes of a call: of one without a GPU, or of one entry (<paramref name="field"/>) of
    /// nvmlDeviceGetFieldValues.
    /// </summary>
    public CallOutcome Decide(string function, NodeGpu? gpu, TimeSpan now, uint? field = null)
    {
        CallOutcome? outcome = null;
        foreach (var fault in _faults.Where(fault => Concerns(fault, function, gpu, field) && IsInForce(fault, now)))
        {
            // Every entry counts, whichever decides.
            if (Count(fault))
            {
                outcome ??= OutcomeOf(fault);
            }
        }

        return outcome ?? CallOutcome.Usual;
    }

    private static bool Concerns(CallFault fault, string function, NodeGpu? gpu, uint? field) =>
        fault.Matches(function, field)
        && fault.Values[CallKeys.Gpu] is var selector
        && (selector is null || (gpu is not null && selector.Selects(gpu.Position, gpu.Uuid)));

    // The process is the plugin's own: what would crash it is taken as a call that does not return.
    private static CallOutcome OutcomeOf(CallFault fault) => new(
        fault.Values[CallKeys.Return] is { } code && ReturnCodes.NameOf(code) != ReturnCodes.Success
            ? ReturnCodes.NameOf(code)
            : null,
        fault.Values[CallKeys.Hang] == true || fault.Values[CallKeys.Crash] == true,
        TimeSpan.FromMilliseconds(fault.Values[CallKeys.DelayMs] ?? 0));

    private bool IsInForce(CallFault fault, TimeSpan now)
    {
        var origin = _origins[fault.Id];
        return now >= origin + fault.At && (fault.Until is not { } until || now < origin + until);
    }

    private bool Count(CallFault fault)
    {
        var before = _counts.GetValueOrDefault(fault.Id);
        _counts[fault.Id] = before + 1;
        var first = fault.Values[CallKeys.AfterCalls] ?? 0;
        return before >= first && (fault.Values[CallKeys.Times] is not { } times || before - first < times);
    }
}
