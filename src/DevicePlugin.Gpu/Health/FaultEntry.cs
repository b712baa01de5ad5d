namespace DevicePlugin.Gpu.Health;

/// <summary>A fault that an enumeration shows.</summary>
/// <param name="Kind">As the backend reports it.</param>
/// <param name="Word">What machines read; stable.</param>
/// <param name="Words">What an operator reads first.</param>
/// <param name="Advice">What to do, a command.</param>
/// <param name="Recovery">What takes it away.</param>
internal sealed record FaultEntry(DeviceFaultKind Kind, string Word, string Words, string Advice, RecoveryRule Recovery)
{
    /// <summary>Where it is read, a phrase for the documentation.</summary>
    public required string Source { get; init; }

    /// <summary>How long after the driver was loaded it is part of starting up and not a fault.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>
    /// The evidence is a condition that may turn into another one while the fault lasts, perhaps a graver one: the text follows
    /// it. Other evidence is how the fault was found, and stays that of the onset.
    /// </summary>
    public bool NamesCondition { get; init; }

    /// <summary>Whether the flap damper holds it when it comes and goes.</summary>
    public bool IsDamped { get; init; } = true;

    public string WhatOf(DeviceFault fault) => $"{Words}: {fault.Evidence.TrimEnd('.')}";

    /// <summary>The advice, with the number that is printed on the board where the board must be replaced.</summary>
    public string AdviceFor(DeviceFault fault, string? boardSerial) => fault.Advice
        ?? (boardSerial is not null && Advice == FaultTable.ReplaceBoard ? $"{Advice} (serial number {boardSerial})" : Advice);

    /// <summary>While it lasts, nothing else that is read from the GPU says anything about it.</summary>
    public bool HidesOthers => Kind is DeviceFaultKind.Lost or DeviceFaultKind.ResetRequired
        or DeviceFaultKind.InsufficientPower or DeviceFaultKind.Unresponsive or DeviceFaultKind.DriverUnresponsive
        or DeviceFaultKind.NotRead or DeviceFaultKind.CallFailed;
}
