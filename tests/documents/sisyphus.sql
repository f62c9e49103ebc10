-- The DDL of the document of sisyphus, word for word: sections 3, 4.2 and 4.3. Left out: an index
-- of section 3.5 that section 6.4 repeats.

-- 3.1 用户表 (users)
CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email VARCHAR(255) UNIQUE NOT NULL,
    hashed_password VARCHAR(255),  -- NULL 表示 OAuth 用户
    oauth_provider VARCHAR(50),     -- 'github' / 'google' / NULL
    oauth_id VARCHAR(255),          -- OAuth 提供商的用户 ID
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_users_email ON users(email);
CREATE INDEX idx_users_oauth ON users(oauth_provider, oauth_id);

-- 触发器：自动更新 updated_at
CREATE TRIGGER update_users_updated_at
    BEFORE UPDATE ON users
    FOR EACH ROW
    EXECUTE FUNCTION update_updated_at_column();

-- 3.2 项目表 (projects)
CREATE TABLE projects (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(255) NOT NULL,
    description TEXT,
    created_by UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(created_by, name)  -- 同一用户下项目名称唯一
);

-- 索引
CREATE INDEX idx_projects_created_by ON projects(created_by);
CREATE INDEX idx_projects_name ON projects(name);

-- 3.3 数据库配置表 (database_configs)
CREATE TABLE database_configs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    variable_name VARCHAR(255),
    db_type VARCHAR(50) NOT NULL,          -- 'MySQL' / 'PostgreSQL'
    host VARCHAR(255) NOT NULL,
    port INTEGER NOT NULL,
    initial_database VARCHAR(255),
    username VARCHAR(255) NOT NULL,
    password VARCHAR(255) NOT NULL,        -- 加密存储
    is_enabled BOOLEAN DEFAULT TRUE,
    connection_status VARCHAR(50) DEFAULT 'unknown',  -- 'connected' / 'failed' / 'unknown'
    last_tested_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(project_id, variable_name)
);

-- 索引
CREATE INDEX idx_database_configs_project_id ON database_configs(project_id);
CREATE INDEX idx_database_configs_variable_name ON database_configs(variable_name);

-- 3.4 接口目录表 (interface_folders)
CREATE TABLE interface_folders (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    parent_id UUID REFERENCES interface_folders(id) ON DELETE SET NULL,
    name VARCHAR(255) NOT NULL,
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_interface_folders_project_id ON interface_folders(project_id);
CREATE INDEX idx_interface_folders_parent_id ON interface_folders(parent_id);

-- 3.5 接口表 (interfaces)
CREATE TABLE interfaces (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    folder_id UUID REFERENCES interface_folders(id) ON DELETE SET NULL,
    name VARCHAR(255) NOT NULL,
    method VARCHAR(10) NOT NULL,          -- 'GET' / 'POST' / 'PUT' / 'DELETE' / 'PATCH'
    url TEXT NOT NULL,
    headers JSONB,
    body JSONB,
    assertions JSONB,                     -- 断言规则数组
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_interfaces_project_id ON interfaces(project_id);
CREATE INDEX idx_interfaces_folder_id ON interfaces(folder_id);
CREATE INDEX idx_interfaces_method ON interfaces(method);

-- GIN 索引：加速 JSONB 查询
CREATE INDEX idx_interfaces_headers ON interfaces USING GIN (headers);
CREATE INDEX idx_interfaces_assertions ON interfaces USING GIN (assertions);

-- 3.6 环境表 (environments)
CREATE TABLE environments (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    base_url VARCHAR(1024),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(project_id, name)
);

-- 索引
CREATE INDEX idx_environments_project_id ON environments(project_id);

-- 3.7 环境变量表 (env_variables)
CREATE TABLE env_variables (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    environment_id UUID NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    value TEXT NOT NULL,
    description TEXT,
    is_global BOOLEAN DEFAULT FALSE,      -- TRUE 表示全局变量
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(environment_id, name, is_global)
);

-- 索引
CREATE INDEX idx_env_variables_environment_id ON env_variables(environment_id);
CREATE INDEX idx_env_variables_is_global ON env_variables(is_global);

-- 3.8 关键字表 (keywords)
CREATE TABLE keywords (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID REFERENCES projects(id) ON DELETE CASCADE,  -- NULL 表示内置
    type VARCHAR(50) NOT NULL,          -- 'request' / 'assertion' / 'extract' / 'db' / 'custom'
    name VARCHAR(255) NOT NULL,
    method_name VARCHAR(255) NOT NULL,
    code TEXT NOT NULL,                 -- Python 代码块
    parameters JSONB,                   -- 入参释义
    is_builtin BOOLEAN DEFAULT FALSE,
    is_enabled BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(project_id, name)
);

-- 索引
CREATE INDEX idx_keywords_project_id ON keywords(project_id);
CREATE INDEX idx_keywords_type ON keywords(type);
CREATE INDEX idx_keywords_is_builtin ON keywords(is_builtin);
CREATE INDEX idx_keywords_is_enabled ON keywords(is_enabled);

-- 3.9 场景表 (scenarios)
CREATE TABLE scenarios (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    priority VARCHAR(10) DEFAULT 'P2',   -- 'P0' / 'P1' / 'P2' / 'P3'
    tags JSONB,                         -- 标签数组
    variables JSONB,                    -- 场景级变量
    pre_sql TEXT,                       -- 前置 SQL
    post_sql TEXT,                      -- 后置 SQL
    created_by UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_scenarios_project_id ON scenarios(project_id);
CREATE INDEX idx_scenarios_created_by ON scenarios(created_by);
CREATE INDEX idx_scenarios_priority ON scenarios(priority);
CREATE INDEX idx_scenarios_tags ON scenarios USING GIN (tags);

-- 3.10 场景步骤表 (scenario_steps)
CREATE TABLE scenario_steps (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    scenario_id UUID NOT NULL REFERENCES scenarios(id) ON DELETE CASCADE,
    description TEXT,
    keyword_type VARCHAR(50) NOT NULL,
    keyword_name VARCHAR(255) NOT NULL,
    parameters JSONB,
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_scenario_steps_scenario_id ON scenario_steps(scenario_id);
CREATE INDEX idx_scenario_steps_sort_order ON scenario_steps(sort_order);

-- 3.11 测试数据集表 (datasets)
CREATE TABLE datasets (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    scenario_id UUID REFERENCES scenarios(id) ON DELETE CASCADE,  -- 可选：关联场景
    name VARCHAR(255) NOT NULL,
    csv_data TEXT NOT NULL,             -- CSV 格式数据
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_datasets_project_id ON datasets(project_id);
CREATE INDEX idx_datasets_scenario_id ON datasets(scenario_id);

-- 3.12 测试计划表 (test_plans)
CREATE TABLE test_plans (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id UUID NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    created_by UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_test_plans_project_id ON test_plans(project_id);
CREATE INDEX idx_test_plans_created_by ON test_plans(created_by);

-- 3.13 计划场景关联表 (plan_scenarios)
CREATE TABLE plan_scenarios (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    test_plan_id UUID NOT NULL REFERENCES test_plans(id) ON DELETE CASCADE,
    scenario_id UUID NOT NULL REFERENCES scenarios(id) ON DELETE CASCADE,
    dataset_id UUID REFERENCES datasets(id) ON DELETE SET NULL,
    environment_id UUID REFERENCES environments(id) ON DELETE SET NULL,
    variables JSONB,                    -- 场景变量覆盖
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(test_plan_id, scenario_id)
);

-- 索引
CREATE INDEX idx_plan_scenarios_test_plan_id ON plan_scenarios(test_plan_id);
CREATE INDEX idx_plan_scenarios_scenario_id ON plan_scenarios(scenario_id);
CREATE INDEX idx_plan_scenarios_sort_order ON plan_scenarios(sort_order);

-- 3.14 测试执行表 (test_executions)
CREATE TABLE test_executions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    test_plan_id UUID NOT NULL REFERENCES test_plans(id) ON DELETE CASCADE,
    status VARCHAR(50) DEFAULT 'running',  -- 'running' / 'completed' / 'terminated' / 'paused' / 'failed'
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    completed_at TIMESTAMP,
    created_by UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_test_executions_test_plan_id ON test_executions(test_plan_id);
CREATE INDEX idx_test_executions_status ON test_executions(status);
CREATE INDEX idx_test_executions_created_by ON test_executions(created_by);
CREATE INDEX idx_test_executions_started_at ON test_executions(started_at DESC);

-- 3.15 执行步骤表 (execution_steps)
CREATE TABLE execution_steps (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id UUID NOT NULL REFERENCES test_executions(id) ON DELETE CASCADE,
    scenario_id UUID NOT NULL REFERENCES scenarios(id) ON DELETE CASCADE,
    status VARCHAR(50) DEFAULT 'pending',  -- 'pending' / 'running' / 'passed' / 'failed' / 'skipped'
    result JSONB,
    started_at TIMESTAMP,
    completed_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_execution_steps_execution_id ON execution_steps(execution_id);
CREATE INDEX idx_execution_steps_scenario_id ON execution_steps(scenario_id);
CREATE INDEX idx_execution_steps_status ON execution_steps(status);

-- 3.16 测试报告表 (test_reports)
CREATE TABLE test_reports (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id UUID NOT NULL REFERENCES test_executions(id) ON DELETE CASCADE,
    scenario_id UUID NOT NULL REFERENCES scenarios(id) ON DELETE CASCADE,
    status VARCHAR(50),                   -- 'passed' / 'failed' / 'skipped'
    duration INTEGER,                     -- 耗时（秒）
    result JSONB,                        -- 详细结果
    allure_report_path TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- 索引
CREATE INDEX idx_test_reports_execution_id ON test_reports(execution_id);
CREATE INDEX idx_test_reports_scenario_id ON test_reports(scenario_id);
CREATE INDEX idx_test_reports_status ON test_reports(status);
CREATE INDEX idx_test_reports_created_at ON test_reports(created_at DESC);

-- 3.17 全局参数表 (global_params)
CREATE TABLE global_params (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    class_name VARCHAR(255) NOT NULL,
    method_name VARCHAR(255) NOT NULL,
    code TEXT NOT NULL,
    description TEXT,
    parameters JSONB,                    -- 入参释义
    return_value JSONB,                  -- 出参释义
    created_by UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(class_name, method_name)
);

-- 索引
CREATE INDEX idx_global_params_class_name ON global_params(class_name);
CREATE INDEX idx_global_params_created_by ON global_params(created_by);

-- 4.2 复合索引
-- 示例：查询用户的项目列表（按更新时间排序）
CREATE INDEX idx_projects_user_updated ON projects(created_by, updated_at DESC);

-- 示例：查询执行记录（状态 + 开始时间）
CREATE INDEX idx_executions_status_started ON test_executions(status, started_at DESC);

-- 4.3 部分索引
-- 示例：仅索引启用的关键字
CREATE INDEX idx_keywords_enabled
    ON keywords(project_id, name)
    WHERE is_enabled = TRUE;
