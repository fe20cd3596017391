"""The glossary as code: names, units and labels, in Chinese and English.

Identifiers are English everywhere; whatever a planner or reviewer reads comes from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

AGE_BANDS: Final = ("age_0_6", "age_7_17", "age_18_59", "age_60_79", "age_80_plus")
"""Columns of the demand layer that count residents by age band; their sum is ``residents``."""

FICTIONAL_NOTE: Final = "示意图 · 合成数据 · 非法定边界"
"""Printed on every figure, table and page whose ground is fictional."""

SURVEYED_NOTE: Final = "内部资料 · 未经审图不得公开"
"""Printed on every figure, table and page whose ground exists: a map of it may not be published unexamined."""

UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Signs that are no text: control characters (terminals obey them, workbooks refuse them), breaks of lines, marks that
turn the direction of what follows, halves of signs."""


BREAKS: Final = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
"""Breaks of lines, and tabs: in a name each is a blank."""


def printable(text: str, *, lines: bool = False) -> str:
    """Return a text that every writer takes: a blank for each break of lines or tab, U+FFFD for what is no text.

    Parameters
    ----------
    text
        Any text.
    lines
        Whether it is of several lines, which stay.
    """
    if text.isprintable():  # as nearly all is; letters, figures, signs and blanks
        return text
    if lines:
        return "\n".join(printable(line) for line in text.split("\n"))
    return UNPRINTABLE.sub("\ufffd", BREAKS.sub(" ", text))


class Access(StrEnum):
    """Who may use a way, gate or station."""

    PUBLIC = "public"
    MEMBERS = "members"
    CLOSED = "closed"


GATEWAY: Final = "gateway"
"""Kind of the way that leads from a new gate to the street; no door opens onto it."""
LENT: Final = "lent"
"""Kind of a way that is closed to people on foot but at stated hours; no door opens onto it."""


class StationKind(StrEnum):
    """What a station is."""

    DISTRICT_CENTRE = "district_centre"
    COMMUNITY_CENTRE = "community_centre"
    POST = "post"
    FACILITY = "facility"


class ServiceLevel(StrEnum):
    """Whether a station offers the whole service hall or a smaller part of it.

    A lite station (党群驿家) is no community service station in the sense of GB 50180 and never
    stands in for a full one; ``ANY`` is either.
    """

    FULL = "full"
    LITE = "lite"
    ANY = "any"


LEVEL_OF_KIND: Final[Mapping[str, ServiceLevel]] = MappingProxyType(
    {
        StationKind.DISTRICT_CENTRE: ServiceLevel.FULL,
        StationKind.COMMUNITY_CENTRE: ServiceLevel.FULL,
        StationKind.POST: ServiceLevel.LITE,
        StationKind.FACILITY: ServiceLevel.FULL,
    }
)


class Quality(StrEnum):
    """The four qualities (四化) of a service system, the axes of the radar."""

    STANDARDISED = "standardised"
    REGULATED = "regulated"
    DIVERSE = "diverse"
    EFFICIENT = "efficient"


class Post(StrEnum):
    """What a compound has (一小区一阵地): a station of its own, a shared one, none; or no residents."""

    OWN = "own_post"
    SHARED = "shared_post"
    NONE = "no_post"
    EMPTY = "no_residents"


class GateMeasure(StrEnum):
    """What may be done about one gate, the least work first."""

    OPEN = "open_gate"
    LONGER = "longer_gate_hours"
    VISITORS = "to_visitors"
    NEW = "new_gate"


class NoGate(StrEnum):
    """Why no gate would help a compound."""

    EMPTY = "no_residents"
    COVERED = "all_covered"
    OFF_NETWORK = "off_network"
    NO_PLACE = "no_place"
    TOO_FAR = "too_far"


class GateState(StrEnum):
    """The gates of a district as three scenarios see them."""

    DAY = "by_day"
    NIGHT = "by_night"
    OPEN = "all_open"


class Mode(StrEnum):
    """The two ways to measure five minutes; they are never mixed.

    ``COMPLIANCE`` is metres along the network against GB 50180; ``EXPERIENCE`` is minutes at each
    group's own pace; ``STRAIGHT_LINE`` is shown beside them only to say how wrong it is.
    """

    COMPLIANCE = "compliance"
    EXPERIENCE = "experience"
    STRAIGHT_LINE = "straight_line"


@dataclass(frozen=True)
class Term:
    """A word of the house: Chinese label, English label, unit (empty when it has none)."""

    zh: str
    en: str
    unit: str = ""


def _terms(rows: str) -> Mapping[str, Term]:
    """Parse the glossary: one term a line, ``key | 中文 | English | unit``."""
    table: dict[str, Term] = {}
    for line in rows.strip().splitlines():
        key, zh, en, *unit = (part.strip() for part in line.split("|"))
        if key in table:
            raise ValueError(f"the glossary holds {key!r} twice")
        table[key] = Term(zh, en, unit[0] if unit else "")
    return MappingProxyType(table)


TERMS: Final = _terms(
    """
    district          | 区                 | district
    subdistrict       | 街道               | subdistrict
    community         | 社区               | community
    communities       | 社区               | communities
    compound          | 小区               | residential compound
    compounds         | 小区               | residential compounds
    gates             | 大门               | gates
    demand            | 需求点             | demand points
    ways              | 步行道路           | walkable ways
    stations          | 党群服务阵地       | stations
    candidates        | 候选场所           | candidate sites
    buildings         | 建筑               | buildings
    backdrop          | 底图要素           | backdrop
    rooms             | 房间台账           | rooms
    activities        | 活动台账           | activities
    bookings          | 现行排期           | bookings
    operators         | 场地换服务单位     | operators
    matters           | 事项台账           | matters
    halls             | 服务大厅台账       | service halls
    arrivals          | 到达台账           | arrivals
    windows           | 窗口台账           | windows
    clerks            | 窗口人员台账       | clerks
    staff             | 人员台账           | staff
    leave             | 请假台账           | leave
    wishes            | 排班意愿           | wishes
    requirements      | 岗位需求           | requirements of posts
    duties            | 现行排班           | published duties
    trades            | 巡回业态台账       | trades that go round
    crews             | 巡回队台账         | crews of trades
    stops             | 巡回站台账         | stops of trades
    blackouts         | 巡回停摆日         | days on which no trade goes round
    advisers          | 法律顾问台账       | legal advisers of communities
    residents         | 居民               | residents              | 人
    households        | 户                 | households             | 户
    age_0_6           | 0–6岁              | aged 0–6               | 人
    age_7_17          | 7–17岁             | aged 7–17              | 人
    age_18_59         | 18–59岁            | aged 18–59             | 人
    age_60_79         | 60–79岁            | aged 60–79             | 人
    age_80_plus       | 80岁及以上         | aged 80 and over       | 人
    public            | 公众可通行         | public
    members           | 仅本院居民         | members only
    closed            | 不开放             | closed
    district_centre   | 区级党群服务中心   | district centre
    community_centre  | 社区党群服务中心   | community centre
    post              | 党群驿家           | neighbourhood post
    facility          | 代用公共服务设施   | substitute facility
    full              | 中心（全功能）     | full service
    lite              | 驿家（微站）       | lite service
    any               | 中心＋驿家         | full or lite
    compliance        | 合规口径           | compliance
    experience        | 体验口径           | experience
    straight_line     | 直线（仅作对照）   | straight line (for contrast)
    standardised      | 标准化             | standardised
    regulated         | 规范化             | regulated
    diverse           | 多元化             | diverse
    efficient         | 高效化             | efficient
    everyone          | 全体居民           | all residents
    distance_m        | 步行距离           | walking distance       | m
    walk_time_min     | 步行时间           | walking time           | min
    straight_m        | 直线距离           | straight-line distance | m
    coverage          | 五分钟生活圈 | the five-minute circle
    posts             | 一小区一阵地 | a post for every compound
    gate_states       | 大门三态 | gates by day, at night, all open
    best_gates        | 最佳开门 | best gate of each compound
    capacity          | 容量 | capacity
    fairness          | 公平 | fairness
    space_time        | 时空 | space and time
    scenes            | 场景 | scenes
    robustness        | 稳健 | robustness
    siting            | 选址 | siting
    chapter.siting    | 选址建议 | where to build
    chapter.rooms     | 功能室整合 | rooms that serve more
    siting_curve      | 边际曲线 | marginal curve
    siting_options    | 方案比选 | options
    siting_phases     | 分期 | phases
    siting_frontiers  | 取舍前沿 | frontiers
    siting_sensitivity | 方案敏感性 | sensitivity of the plan
    roster            | 排班 | roster
    chapter.roster    | 人员排班 | who is on duty
    room_works        | 房间改造 | works on rooms
    room_links        | 中心间调剂 | between centres
    room_exchange     | 以场地换服务 | services for space
    room_replan       | 临时调整 | re-plan
    circuits          | 低频刚需巡回       | rounds of trades
    chapter.circuits  | 低频刚需巡回与法律顾问 | rounds of trades, and legal advisers
    circuits.presence | 法律顾问驻点       | half day of a legal adviser
    counters          | 一窗受理           | windows of the service halls
    counters.separate | 分设窗口（现状）   | separate windows, as today
    counters.pooled   | 合并窗口           | pooled windows
    counters.tidal    | 合并＋潮汐窗口     | pooled, and the tidal window
    counters.packaged | 合并＋成套办理     | pooled, packages handled together
    counters.plan     | 建议方案           | the plan proposed
    counters.peaks    | 来人过于集中       | peaks
    counters.season   | 期限前来人过多     | the season before deadlines
    counters.slowdown | 一人办多部门变慢   | generalists are slower
    counters.skills   | 窗口人员技能不全   | clerks who cannot handle everything
    longer.lunch      | 午间延时           | open at midday
    longer.evening    | 晚间延时           | open in the evening
    longer.weekend    | 周末开放           | open at weekends
    programme         | 季度活动           | the season's programme
    chapter.programme | 季度活动安排       | the season's programme
    visits            | 到访               | visits
    chapter.visits    | 流量与留量         | visits and returns
    season.unmet_1    | 一级申请未排上（场） | requests of priority 1 not met
    season.unmet_2    | 二级申请未排上（场） | requests of priority 2 not met
    season.unmet_3    | 三级申请未排上（场） | requests of priority 3 not met
    season.least      | 一个社区最多未排上（场） | most that one community lacks
    season.unserved   | 5 分钟内没有活动的人次（各人群合计） | residents without anything within reach
    season.crowd      | 一周最多活动（场） | most events of a week
    why.season        | 不在时令、星期或时段内 | out of season
    why.late          | 散场过晚           | over too late
    why.school_night  | 次日上学、活动吵闹 | loud before a school day
    why.school_run    | 与接送学生时段相冲 | at the school run
    why.festival      | 离节日太远         | too far from the festival
    why.no_place      | 无够大的室外场地   | no yard is large enough
    why.no_room       | 无够大或隔声够的房间 | no room is large enough
    why.shut          | 届时不开门         | shut then
    why.booked        | 房间当时已有活动   | rooms are booked then
    why.taken         | 组织者、场地、间隔或订单已排满 | organisers, places or days are taken
    origin.within     | 来自 5 分钟内      | from within five minutes
    origin.beyond     | 来自 5 分钟外      | from beyond
    origin.untold     | 未说明来处         | not told
    ledgers           | 台账核对           | ledgers in order
    ledgers.signs     | 标牌               | signs
    ledgers.volunteers | 法律明白人（社区） | law-literate volunteers
    ledgers.tools     | 小修小补工具（小区） | tools that are lent
    ledgers.scenes    | 十六场景（社区）   | scenes of communities
    ledgers.classes   | 学习教育（班次）   | classes at study bases
    fault.worn        | 陈旧               | worn
    fault.improper    | 不规范             | improper
    fault.untrue      | 名不符实           | untrue
    fault.outdated    | 内容超期           | out of date
    sign.board        | 名称标牌           | name board
    sign.door         | 门牌               | sign at a door
    sign.wall         | 上墙内容           | what a wall shows
    when.before       | 现状               | today
    when.after        | 补足后             | with the plan
    presence.present  | 本社区有           | present
    presence.shared   | 邻近可及           | shared
    presence.missing  | 缺                 | missing
    presence.unknown  | 缺数据             | not known
    standing          | 现有阵地 | standing
    new               | 新增阵地 | new
    gone              | 停用或迁出 | closed or moved
    barred            | 不可用候选 | barred candidate
    candidate         | 未选候选 | candidate not chosen
    nearest           | 最近阵地           | nearest station
    served            | 可及               | served
    offered_nowhere   | 全区无阵地提供     | offered nowhere
    out_of_reach      | 步行不可及         | out of reach
    wrong_hours       | 时段不合           | at the wrong hours
    not_known         | 缺数据             | not known
    nobody            | 无此人群           | nobody of this group
    own_post          | 自有阵地           | a post of its own
    shared_post       | 共享（步行五分钟内） | shared within five minutes
    no_post           | 无阵地             | no post
    no_residents      | 无居民             | no residents
    by_day            | 大门现状           | gates as they are, at the hour of the clock
    by_night          | 大门夜间           | gates as they are, at night
    all_open          | 大门全部开放       | all gates open
    open_gate         | 开启既有大门       | open a closed gate
    longer_gate_hours | 延长大门开放时间   | keep a gate open longer
    new_gate          | 新开门             | break a new gate
    to_visitors       | 大门向访客开放     | open a gate to visitors
    all_covered       | 已全部覆盖         | all covered already
    no_place          | 无门可开、无处可开 | no gate to open and no place for one
    too_far           | 开门后仍距阵地过远 | too far from stations even so
    off_network       | 其余居民未接入路网 | the rest are not on the network
    workday           | 工作日             | working day
    weekend           | 周末               | weekend
    holiday           | 法定节假日         | public holiday
    make_up           | 调休上班           | make-up working day
    new_years_day     | 元旦               | New Year's Day
    spring_festival   | 春节               | Spring Festival
    tomb_sweeping_day | 清明节             | Tomb-sweeping Day
    labour_day        | 劳动节             | Labour Day
    dragon_boat_festival | 端午节          | Dragon Boat Festival
    mid_autumn_festival  | 中秋节          | Mid-autumn Festival
    national_day      | 国庆节             | National Day
    sat_sun           | 六日不打烊（周六、周日） | open on Saturday and Sunday
    six_days          | 六日不打烊（一周六天） | open six days a week
    lunch             | 午间不打烊         | open at midday
    evening           | 晚间延时           | evening shift
    declared          | 已声明             | declared
    any_time          | 未声明，按全周计   | not declared: at any time
    onsite            | 现场开放           | open on site
    online            | 仅线上值守         | online only
    unserved          | 现场线上均无       | neither on site nor online
    off_site          | 无现场开放（线上未声明） | not open on site (online not declared)
    rule.capacity     | 容量               | seats
    rule.equipment    | 设备               | equipment
    rule.supply       | 水电               | water and power
    rule.privacy      | 私密               | privacy
    rule.storey       | 楼层               | storey
    rule.walls        | 隔声               | walls
    rule.opening      | 开放时间           | opening hours
    rule.windows      | 活动时段           | windows of the activity
    rule.office       | 办公用房           | office
    rule.joining      | 合室               | joining of rooms
    rule.sessions     | 每周次数           | sessions a week
    rule.one_use      | 一室一时一用       | one use at a time
    rule.organiser    | 组织者             | organiser
    rule.days_apart   | 间隔天数           | days apart
    rule.neighbours   | 静闹相邻           | quiet beside loud
    rule.fire         | 明火相邻           | fire beside
    rule.fixed        | 固定排期           | fixed bookings
    rule.resident_share | 居民用房面积下限 | least share of rooms for residents
    rule.offices_kept | 保留办公           | offices kept
    rule.fulfilment   | 上周履约率低于下限 | fulfilment below the least
    rule.gives        | 未承诺公益服务     | owes no service
    rule.timetabled   | 意向阵地无排期     | station without a timetable
    rule.station      | 意向阵地           | station asked for
    rule.area         | 面积               | area
    rule.plan         | 居民活动优先       | residents come first
    rule.operator_windows | 可来时段       | windows of the operator
    rule.blocks       | 整段出让           | blocks
    rule.service_hours | 公益须在居民可来时段 | service when residents can come
    rule.owed         | 公益服务足额排入   | service in full
    rule.asked        | 自用不超申请       | no more than asked
    rule.least_share  | 自用最低满足率     | least share of what is asked
    rule.one_station  | 只在一处阵地       | at one station
    rule.one_place    | 不同时在两处       | in one place at a time
    rule.room_share   | 每室留白           | part of each room kept back
    rule.operator_share | 单个运营方占比上限 | largest share of one operator
    rule.others       | 其他运营方在用     | other operators
    rule.none         | 无须放宽，尚未排完 | none: the matching is not finished
    exchange.service  | 公益服务           | public service         | min
    exchange.own      | 自用               | own use                | min
    exchange.fairness | 自用满足率的最大缺口 | largest shortfall of own hours | ‰
    exchange.busy_rooms | 占用在用房间     | rooms given that are in use | 个
    exchange.shared_rooms | 出让房间       | rooms given            | 个
    exchange.places   | 运营方换室         | changes of room        | 次
    fulfilment.met    | 达标               | met
    fulfilment.poor   | 未达标             | not met
    fulfilment.unknown | 无记录            | no record
    fulfilment.nothing | 未承诺            | owes nothing
    stage.need_1      | 未满足需求（优先级 1） | need not served, priority 1 | 人·min
    stage.need_2      | 未满足需求（优先级 2） | need not served, priority 2 | 人·min
    stage.need_3      | 未满足需求（优先级 3） | need not served, priority 3 | 人·min
    stage.floors      | 最受冷落人群的缺口 | largest shortfall of a group | ‰
    stage.release     | 启用房间           | rooms in use
    stage.changes     | 与现状的变动       | changes from today     | 处
    stage.preferences | 偏好时段之外       | outside preferred hours | min
    fate.kept         | 继续使用           | stays in use
    fate.added        | 新启用             | newly in use
    fate.released     | 释放               | released
    fate.idle         | 仍闲置             | still idle
    fate.office       | 保留办公           | kept as an office
    fate.given        | 办公转居民使用     | given over to residents
    fate.given_idle   | 办公腾出待用       | given over, free for use
    duty.one_shift    | 一天一班           | one shift a day
    duty.skill        | 无此岗技能         | lacks the skill
    duty.leave        | 请假               | on leave
    duty.shift_days   | 当天无此班次       | no such shift on that day
    duty.rest         | 班间休息           | rest between shifts
    duty.consecutive  | 连续当班天数       | days in a row
    duty.weekly_hours | 每周工时上限       | most hours a week
    duty.least_hours  | 最少工时           | fewest hours
    duty.no_shift     | 没有班次覆盖此时段 | no shift holds the post then
    duty.no_skill     | 本中心无人会此岗   | nobody has the skill
    duty.busy         | 在其他岗位         | at another post
    duty.free         | 有空但须先保更重要的岗位 | free, but needed for what counts more
    duty.gone         | 取消               | dropped
    duty.new          | 新增               | added
    roster.unmet_1    | 缺岗（优先级 1）   | posts unmet, priority 1 | 人·min
    roster.unmet_2    | 缺岗（优先级 2）   | posts unmet, priority 2 | 人·min
    roster.unmet_3    | 缺岗（优先级 3）   | posts unmet, priority 3 | 人·min
    roster.pairs      | AB岗同时离岗       | both of a pair away | 次
    roster.burdens    | 周末、夜班、节假日当班 | duties at weekends, nights, holidays | 次
    roster.fairness   | 周末、夜班、节假日之差 | spread of weekends, nights, holidays | 天
    roster.wishes     | 未满足的意愿       | wishes not kept | 次
    roster.changes    | 与已公布排班的变动 | changes from the published roster | 次
    proof.FEASIBLE    | 未证最优           | not proven
    proof.INFEASIBLE  | 规则矛盾           | rules contradict each other
    proof.UNKNOWN     | 未得到方案         | no roster found
    work.outbid       | 预算或工期内未选上 | not chosen within money and days
    work.needless     | 所及需求已满足     | what could take it is served
    Mo                | 周一               | Monday
    Tu                | 周二               | Tuesday
    We                | 周三               | Wednesday
    Th                | 周四               | Thursday
    Fr                | 周五               | Friday
    Sa                | 周六               | Saturday
    Su                | 周日               | Sunday
    """
)


def label(key: str) -> str:
    """Return the Chinese label of a term, or the key itself when the glossary lacks it."""
    term = TERMS.get(key)
    return term.zh if term else key


def label_en(key: str) -> str:
    """Return the English label of a term, or the key itself when the glossary lacks it."""
    term = TERMS.get(key)
    return term.en if term else key


def unit(key: str) -> str:
    """Return the unit of a term; empty when it has none or is unknown."""
    term = TERMS.get(key)
    return term.unit if term else ""
