-- The DDL of the document of claude_fastapi, word for word.

-- Users 表结构
CREATE TABLE users (
    id SERIAL PRIMARY KEY,                              -- 用户ID
    username VARCHAR(50) UNIQUE NOT NULL,               -- 用户名
    email VARCHAR(100) UNIQUE NOT NULL,                 -- 邮箱
    hashed_password VARCHAR(255) NOT NULL,              -- 加密密码
    full_name VARCHAR(100),                             -- 全名
    avatar VARCHAR(255),                                -- 头像URL
    phone VARCHAR(20),                                  -- 手机号
    is_active BOOLEAN DEFAULT TRUE,                     -- 是否激活
    is_superuser BOOLEAN DEFAULT FALSE,                 -- 是否超级用户
    is_verified BOOLEAN DEFAULT FALSE,                  -- 是否验证邮箱
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),  -- 创建时间
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),  -- 更新时间
    last_login_at TIMESTAMP WITH TIME ZONE,             -- 最后登录时间
    bio TEXT                                            -- 个人简介
);

-- 索引
CREATE INDEX ix_users_id ON users(id);
CREATE INDEX ix_users_username ON users(username);
CREATE INDEX ix_users_email ON users(email);
