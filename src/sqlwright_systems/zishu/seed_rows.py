"""The words of what a new platform begins with.

Boards, shelves and recipes have the names that the made-up rows of `fill` have, so that both fit
into one database.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BOARDS",
    "BODY",
    "MANAGED",
    "PATHS",
    "RECIPES",
    "SHELVES",
    "STEPS",
    "TALK",
    "TEMPER",
    "VOICE",
]

MANAGED = ("user", "adapter", "character", "workflow", "package_template", "forum", "topic")
SHELVES = (
    (None, "knowledge", "知识", "让伙伴更懂某个领域"),
    ("knowledge", "science", "科学", ""),
    (None, "productivity", "效率", "日程、邮件与文档"),
    ("productivity", "calendar", "日程", ""),
    (None, "devices", "设备", "Smart home and hardware"),
)
BOARDS = (
    ("general", "综合讨论", "什么都可以聊"),
    ("characters", "角色创作", "设定、立绘与人格"),
    ("help", "新手求助", "先搜索，再提问"),
    ("english", "English", "For those who read no Chinese"),
)
RECIPES: tuple[tuple[str, str, list[str | None], dict[str, Any]], ...] = (
    (
        "桌面标准版",
        "Electron 打包，适合大多数人",
        ["windows", "macos", "linux"],
        {"engine": "electron", "include": ["models/**"], "sign": True},
    ),
    ("Web", "Static site with a service worker", ["web"], {"engine": "vite"}),
)
BODY: dict[str, Any] = {
    "name": "默认",
    "format": "live2d",
    "file_url": "https://cdn.example.com/models/zishu.zip",
    "file_size": 18_350_080,
    "checksum": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "stage": {"scale": 1.0, "offset": [0, -0.1], "physics": True},
    "motions": {"idle": ["idle_01", "idle_02"], "tap": ["wave"]},
    "expressions": [
        {"name": "平静", "emotion": "neutral", "parameters": {"ParamMouthForm": 0.0}},
        {"name": "微笑", "emotion": "happy", "parameters": {"ParamMouthForm": 1.0}},
        {"name": "害羞", "emotion": "shy", "parameters": {"ParamCheek": 0.8}},
    ],
}
VOICE = {"name": "日常", "provider": "edge", "provider_voice": "zh-CN-XiaoxiaoNeural"}
TEMPER = {
    "name": "温柔",
    "system_prompt": "你是紫舒，一位温柔的图书管理员。耐心地听，简短地答，记得对方说过的事。",
    "speaking_style": "语气温和，偶尔用书里的比喻。",
    "traits": {"openness": 0.8, "warmth": 0.9, "humour": 0.4},
    "examples": [{"user": "早安", "character": "早安呀，昨晚那本书看完了吗？"}],
}
TALK = (
    ("下周要考试了，有点紧张。", "紧张说明你在乎它。先告诉我，哪一章最没把握？"),
    ("Could we practise English a little?", "Of course. Tell me about your favourite book."),
)
STEPS = [
    {"name": "开始", "kind": "trigger", "config": {"schedule": "0 8 * * *"}, "x": 0, "y": 0},
    {
        "name": "问候",
        "kind": "character",
        "config": {"prompt": "用一句话问候，提到今天的天气"},
        "x": 240,
        "y": 0,
    },
    {"name": "结果", "kind": "output", "config": {}, "x": 480, "y": 0},
]
PATHS = [
    {"source": "开始", "exit": "out", "target": "问候"},
    {"source": "问候", "exit": "out", "target": "结果"},
]
