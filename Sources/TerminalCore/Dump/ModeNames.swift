// Names for dumps: the same words as in the code.

extension Modes {
    /// Names of the modes that are set.
    public var names: [String] { Modes.named.filter { contains($0.0) }.map(\.1) }

    private static let named: [(Modes, String)] = [
        (.keyboardLocked, "keyboardLocked"), (.insert, "insert"), (.noLocalEcho, "noLocalEcho"), (.newLine, "newLine"),
        (.applicationCursorKeys, "applicationCursorKeys"), (.vt52, "vt52"), (.columns132, "columns132"),
        (.smoothScroll, "smoothScroll"), (.reverseScreen, "reverseScreen"), (.origin, "origin"),
        (.autowrap, "autowrap"), (.autorepeat, "autorepeat"), (.mouseX10, "mouseX10"), (.cursorBlink, "cursorBlink"),
        (.cursorVisible, "cursorVisible"), (.allow132, "allow132"), (.reverseWrap, "reverseWrap"),
        (.applicationKeypad, "applicationKeypad"), (.backarrowSendsBS, "backarrowSendsBS"),
        (.leftRightMargins, "leftRightMargins"), (.noClearOnDECCOLM, "noClearOnDECCOLM"),
        (.mouseButtons, "mouseButtons"), (.mouseDrag, "mouseDrag"), (.mouseMotion, "mouseMotion"),
        (.focusReports, "focusReports"), (.mouseUTF8, "mouseUTF8"), (.mouseSGR, "mouseSGR"),
        (.alternateScroll, "alternateScroll"), (.mouseURXVT, "mouseURXVT"), (.alternateScreen, "alternateScreen"),
        (.bracketedPaste, "bracketedPaste"), (.synchronizedOutput, "synchronizedOutput"),
        (.extendedReverseWrap, "extendedReverseWrap"), (.cursorSaved, "cursorSaved"), (.metaEighthBit, "metaEighthBit"),
        (.metaSendsEscape, "metaSendsEscape"), (.moreFix, "moreFix"), (.resizeReports, "resizeReports"),
        (.mousePixels, "mousePixels"), (.eraseProtected, "eraseProtected"),
    ]
}
