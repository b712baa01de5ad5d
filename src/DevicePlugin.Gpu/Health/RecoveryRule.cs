namespace DevicePlugin.Gpu.Health;

/// <summary>What ends a cause of bad health. Except for <see cref="DriverAnswers"/>, a probe must have passed as well.</summary>
internal enum RecoveryRule
{
    /// <summary>The reading that showed it is good again.</summary>
    ReadingIsGood,

    /// <summary>
    /// The driver answers, whatever it reports. No probe has to pass: if the GPU itself is faulty, that is another cause.
    /// </summary>
    DriverAnswers,

    /// <summary>The GPU answers, and the driver asks for no recovery, was reloaded or the machine was rebooted since.</summary>
    AnswersAgain,

    /// <summary>
    /// The driver asks for no recovery and no remap is left to do, or it was reloaded or the machine was rebooted since.
    /// </summary>
    Reset,

    /// <summary>The driver was reloaded or the machine was rebooted since.</summary>
    Restart,

    /// <summary>The driver asks for no recovery, and no link is down.</summary>
    NotNeeded,
}
