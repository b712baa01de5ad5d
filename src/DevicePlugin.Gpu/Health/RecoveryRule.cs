namespace DevicePlugin.Gpu.Health;

/// <summary>What takes a cause of bad health away. Each rule but one asks for a probe that passed besides.</summary>
internal enum RecoveryRule
{
    /// <summary>The reading that showed it is good again.</summary>
    ReadingIsGood,

    /// <summary>
    /// The driver answers, whatever it says of the GPU. Asks for no probe that passed: a GPU that hangs by itself has a cause of its own.
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
