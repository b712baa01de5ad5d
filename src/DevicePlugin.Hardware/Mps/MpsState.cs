namespace DevicePlugin.Hardware.Mps;

internal enum MpsState
{
    Answers,

    /// <summary>Nobody listens to the control pipe.</summary>
    Absent,

    /// <summary>It does not answer in time, or not as a daemon should.</summary>
    Faulty,

    /// <summary>The front end cannot be run, which says nothing about the daemon.</summary>
    Unasked,
}
